"""The sandbox's HTTP server: one site on a loopback port, from `start()` to `close()`."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Any

from tmi_issue_sync.sandbox.connection import Connection, Stage
from tmi_issue_sync.sandbox.faults import Faults
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.wire import App


class Server:
    """One site behind a fault plane and a log. The port is bound at once, so that `url` holds from the start."""

    def __init__(
        self, app: App, *, log: Log, faults: Faults | None = None, port: int = 0, host: str = "127.0.0.1"
    ) -> None:
        self.app = app
        self.log = log
        self.faults = faults if faults is not None else Faults()
        self._stage = Stage(app, log, self.faults)
        self._http = _Http((host, port), self._stage)
        self._thread: threading.Thread | None = None
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self._http.server_address[1]}"
        self._stage.url = self.url

    def start(self) -> Server:
        """Serve in a background thread."""
        self._thread = threading.Thread(target=self._http.serve, name=self.app.name)
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop: connections are cut, and a late commit that has not happened yet never will."""
        self._stage.stopping.set()
        if self._thread is not None:
            self._http.wake()
            self._thread.join()
            self._thread = None
        self._http.cut()
        self._http.server_close()
        self._stage.cancel_late()

    def drain(self) -> None:
        """Wait until every late commit has happened."""
        for timer in self._stage.late:
            timer.join()

    def land(self) -> None:
        """Every late commit that is still to come happens now: where time is virtual, its moment is here."""
        coming = [timer for timer in self._stage.late if not timer.finished.is_set()]
        self._stage.cancel_late()
        self._stage.late.clear()
        for timer in coming:
            timer.function(*timer.args)

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Http(ThreadingHTTPServer):
    """Threads that are joined at close, and connections that can be cut from outside."""

    daemon_threads = False
    request_queue_size = 128
    timeout = 1.0
    """Seconds after which it looks whether it shall stop, should the call that wakes it get lost."""

    def __init__(self, address: tuple[str, int], stage: Stage) -> None:
        self.stage = stage
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(address, Connection)

    def server_bind(self) -> None:
        # Not HTTPServer's: that one looks the host's name up, which can take seconds.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def serve(self) -> None:
        """Until we stop. Calls wake it: `serve_forever` would look many times a second, and still end late."""
        while not self.stage.stopping.is_set():
            self.handle_request()

    def wake(self) -> None:
        """The last call is our own."""
        with contextlib.suppress(OSError):
            socket.create_connection((self.server_name, self.server_port), timeout=1.0).close()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def close_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().close_request(request)

    def cut(self) -> None:
        """Wake every thread that waits for its client."""
        with self._open_lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: a client that went away is everyday life here."""
