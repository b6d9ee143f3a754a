"""Checks a built site, offline: python .ci/site.py build/site

Links to pages, files and places in pages must be there, pictures must have a
text, and nothing may be loaded from elsewhere. Links that lead elsewhere are
not followed.
"""

from html.parser import HTMLParser
from pathlib import Path
import re
import sys
from urllib.parse import unquote, urlsplit

# What a browser loads by itself; `a` is for people to follow.
LOADED = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "link": "href",
}
IN_STYLE = re.compile(r"(?:@import\s*|url\(\s*)[\"']?((?:https?:)?//[^\"')]+)")


class Page(HTMLParser):
    """Places, links and loaded files of a page."""

    def __init__(self, path):
        super().__init__()
        self.places, self.links, self.loaded = {""}, [], []
        self.untitled = 0
        text = path.read_text("utf-8")
        self.styles = IN_STYLE.findall(text)
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.places.update({attrs.get("id"), attrs.get("name")})
        if tag == "a" and attrs.get("href"):
            self.links.append(attrs["href"])
        # A canonical address is for search engines, which load it anyway.
        if tag in LOADED and attrs.get("rel") != "canonical":
            self.loaded.append(attrs.get(LOADED[tag]) or "")
        self.untitled += tag == "img" and not attrs.get("alt")


def check(folder):
    """Yields what is wrong, a line each."""
    pages = {path: Page(path) for path in sorted(folder.rglob("*.html"))}
    for path, page in pages.items():
        name = path.relative_to(folder)
        for address in page.styles + page.loaded:
            if urlsplit(address).netloc:
                yield f"{name} loads {address}"
        if page.untitled:
            yield f"{name} has {page.untitled} pictures without a text"
        # The page of an error does not know where it is shown.
        for address in [] if path.name == "404.html" else page.links:
            if not urlsplit(address).scheme and not urlsplit(address).netloc:
                yield from missing(address, path, pages, name)
    for path in sorted(folder.rglob("*.css")):
        for address in IN_STYLE.findall(path.read_text("utf-8")):
            yield f"{path.relative_to(folder)} loads {address}"
    if len(pages) < 16:
        yield f"{folder} has {len(pages)} pages: it is not the whole site"


def missing(address, path, pages, name):
    """Yields what a link leads to and is not there."""
    parts = urlsplit(address)
    target = path
    if parts.path:
        target = (path.parent / unquote(parts.path)).resolve()
    if not target.is_file():
        yield f"{name} links to {address}, which is not there"
        return
    place = unquote(parts.fragment)
    if target in pages and place not in pages[target].places:
        yield f"{name} links to {address}, whose place is not there"


if __name__ == "__main__":
    found = list(check(Path(sys.argv[1]).resolve()))
    print("\n".join(found) or "Links, pictures and loaded files: all well.")
    sys.exit(bool(found))
