"""A run that is looked at while it grows: pages for this machine alone."""

from __future__ import annotations

from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import os
from pathlib import Path
from typing import Any

from keras_ib.logs.files import CONFIG, ROWS
from keras_ib.logs.run import RunLog
from keras_ib.plotting import pages

# Asks for the figure again and again, and draws it when it has changed.
SCRIPT = Path(__file__).with_name("watch.js")
HOSTS = ("127.0.0.1", "localhost")


class Server(ThreadingHTTPServer):
    """Serves the interactive figure of a run at 127.0.0.1.

    Args:
        folder: The run folder, which need not be there yet.
        port: Where; 0 takes a free one.

    Attributes:
        address: What a browser opens.

    Raises:
        OSError: If the port is taken.
        ImportError: Without plotly.
    """

    daemon_threads = True

    def __init__(self, folder: str | os.PathLike, port: int = 0):
        self.folder = Path(folder)
        pages.plotly()
        super().__init__(("127.0.0.1", port), Handler)
        self.address = f"http://127.0.0.1:{self.server_port}/"
        self.hosts = {f"{n}:{self.server_port}" for n in HOSTS}

    def state(self) -> str:
        """What changes when the log does."""
        path = self.folder / ROWS
        if not (path.exists() and (self.folder / CONFIG).exists()):
            return '"none"'
        about = path.stat()
        return f'"{about.st_size}-{about.st_mtime_ns}"'

    def figure(self) -> Any:
        """The figure of what is there, or one that says that nothing is."""
        if self.state() == '"none"':
            return pages.empty(f"{self.folder} has not begun.")
        return pages.interactive(RunLog(self.folder))


class Handler(BaseHTTPRequestHandler):
    """Two answers: the page, and the figure if it has changed."""

    server: Server

    def do_GET(self) -> None:
        """Answers, to pages of this address alone."""
        server, path = self.server, self.path
        if self.headers.get("Host") not in server.hosts:
            # Another site's name that leads here.
            self.send_error(HTTPStatus.FORBIDDEN)
        elif path == "/":
            script = SCRIPT.read_text(encoding="utf-8")
            page = pages.page(server.figure(), server.folder.name, script)
            self._send(page, "text/html")
        elif path == "/figure":
            self._send_figure()
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def _send_figure(self):
        state = self.server.state()  # Before reading: it may grow meanwhile.
        if self.headers.get("If-None-Match") == state:
            self.send_response(HTTPStatus.NOT_MODIFIED)
            self.end_headers()
            return
        try:
            text = self.server.figure().to_json()
        except (OSError, ValueError) as error:  # Damaged, or half written.
            self.send_error(HTTPStatus.SERVICE_UNAVAILABLE, explain=str(error))
            return
        self._send(text, "application/json", state)

    def _send(self, text, kind, state=None):
        body = text.encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        if state is not None:
            self.send_header("ETag", state)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Says nothing: a page asks every two seconds."""
