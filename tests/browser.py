"""Debian's chromium, headless, for pages that have to work in a browser."""

from contextlib import contextmanager
import os
from pathlib import Path

import pytest

CHROMIUM = Path("/usr/bin/chromium")

needs_chromium = pytest.mark.skipif(
    not CHROMIUM.exists() and "KERAS_IB_NEEDS_CHROMIUM" not in os.environ,
    reason="Debian's package chromium is not installed",
)


@contextmanager
def chromium():
    """A browser. While it is open, no other event loop can run."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        yield browser
        browser.close()


def show(browser, address):
    """A page. `page.said` are errors and dialogs, `page.requests` addresses."""
    page = browser.new_page(viewport={"width": 1280, "height": 760})
    page.set_default_timeout(15_000)
    page.said, page.requests = [], []
    page.on("console", lambda message: _note(page, message))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.on("dialog", lambda dialog: page.said.append(dialog.message))
    page.on("request", lambda request: page.requests.append(request.url))
    page.goto(address)
    return page


def _note(page, message):
    if message.type == "error":
        page.said.append(message.text)
