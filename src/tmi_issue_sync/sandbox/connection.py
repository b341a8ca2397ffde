"""One connection of the sandbox's HTTP server, and the faults that strike it."""

from __future__ import annotations

import re
import socket
import struct
import threading
from dataclasses import dataclass, field
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from itertools import count
from typing import Any, Protocol

from tmi_issue_sync.sandbox.faults import Fault, Faults
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.wire import App, Clock, Reply, Request, utcnow

CONTROL = "/_sandbox/"
MAX_BODY = 16 * 1024 * 1024
HOST = re.compile(r"[A-Za-z0-9._-]+(:\d{1,5})?|\[[0-9A-Fa-f:]+\](:\d{1,5})?")
SIGN_IN = "<!doctype html><title>Sign in</title><h1>Sign in</h1><p>Your session has expired.</p>"


@dataclass(slots=True)
class Stage:
    """What all connections of one server share."""

    app: App
    log: Log
    faults: Faults
    url: str = ""
    stopping: threading.Event = field(default_factory=threading.Event)
    late: list[threading.Timer] = field(default_factory=list)
    request_ids: count[int] = field(default_factory=lambda: count(1))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, request: Request) -> Reply:
        """The site's answer. A site that breaks answers 500, and the log says why."""
        with self.lock:
            try:
                reply = self.app(request)
                reply.payload()
            except Exception as error:  # noqa: BLE001 - whatever breaks, the client must get an answer
                self.log.fault(self.app.name, "site-broke", path=request.path, error=repr(error))
                return Reply(500, {"message": "The sandbox broke; its log says why."})
        return reply

    def ask_later(self, request: Request, seconds: float) -> None:
        """Let the site do it when the client has long gone."""
        timer = threading.Timer(seconds, self.ask, (request,))
        self.late.append(timer)
        timer.start()

    def cancel_late(self) -> None:
        """Drop what has not happened yet, and wait for what is just happening."""
        for timer in self.late:
            timer.cancel()
            timer.join()

    def stamp(self) -> dict[str, str]:
        """The headers of every answer. `Date` is the site's own time, so that a virtual clock shows."""
        clock: Clock = getattr(self.app, "clock", utcnow)
        name = "X-GitHub-Request-Id" if self.app.name == "github" else "X-Request-Id"
        return {"Date": format_datetime(clock(), usegmt=True), name: f"{next(self.request_ids):08X}"}


class HasStage(Protocol):
    """The part of the HTTP server that a connection needs."""

    stage: Stage


class Connection(BaseHTTPRequestHandler):
    """Reads requests, lets the site answer them, and plays the faults that were ordered."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        server: HasStage = self.server  # type: ignore[assignment] # typeshed knows only the base class
        self.stage = server.stage

    def version_string(self) -> str:
        return "sandbox"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class calls it so
        """Nothing: what happens here is in `Log`."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Refuse what is no HTTP that this server speaks; the base class decides what that is."""
        self.close_connection = True
        self._send(Reply(int(code), {"message": message or "Bad Request"}))

    def serve(self) -> None:
        """Answer one request."""
        try:
            body = self._read_body()
        except ValueError:
            self.close_connection = True
            return self._send(Reply(400, {"message": "Bad Request"}))
        host = self.headers.get("Host", "")
        base = f"http://{host}" if HOST.fullmatch(host) else self.stage.url
        request = Request.of(self.command, self.path, dict(self.headers.items()), body, base)
        if request.path.startswith(CONTROL):
            return self._send(control(self.stage, request))
        site = self.stage.app.name
        fault = self.stage.faults.take(site, request.method, request.path)
        if fault is None:
            return self._answer(request, None)
        self.stage.log.fault(site, fault.kind, method=request.method, path=request.path)
        return self._strike(request, fault)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = serve

    def _strike(self, request: Request, fault: Fault) -> None:
        match fault.kind:
            case "status-before" | "html":
                self._answer(request, fault, _instead(fault))
            case "status-after":
                self.stage.ask(request)
                self._answer(request, fault, _instead(fault))
            case "delay":
                self.stage.stopping.wait(fault.seconds)
                self._answer(request, fault)
            case "drop-before" | "hang-before" | "call-before" | "late":
                self._note(request, None, fault)
                self._vanish(request, fault)
            case "truncate" | "stall":
                reply = self.stage.ask(request)
                self._note(request, reply.status, fault)
                self._send(reply, half=True)
                self.stage.stopping.wait(fault.seconds if fault.kind == "stall" else 0)
            case _:
                self.stage.ask(request)
                self._note(request, None, fault)
                self._vanish(request, fault)

    def _vanish(self, request: Request, fault: Fault) -> None:
        """Close the connection without a byte."""
        self.close_connection = True
        match fault.kind:
            case "hang-before" | "hang-after":
                self.stage.stopping.wait(fault.seconds)
            case "late":
                self.stage.ask_later(request, fault.seconds)
                self.stage.stopping.wait(fault.hold)
            case "fin-after":
                pass
            case _:
                self._act(fault)
                self._reset()

    def _act(self, fault: Fault) -> None:
        try:
            if fault.action is not None:
                fault.action()
        except Exception as error:  # noqa: BLE001 - a test's action must not fail unseen in this thread
            self.stage.log.fault(fault.site, "action-broke", error=repr(error))

    def _reset(self) -> None:
        # Lingering for zero seconds makes the kernel send RST; the reader must let go of the socket first.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()

    def _answer(self, request: Request, fault: Fault | None, instead: Reply | None = None) -> None:
        reply = instead if instead is not None else self.stage.ask(request)
        self._note(request, reply.status, fault)
        self._send(reply)

    def _note(self, request: Request, status: int | None, fault: Fault | None) -> None:
        """Log a request, always before the first byte of its answer: who has the answer finds the line."""
        kind = fault.kind if fault is not None else None
        self.stage.log.request(
            self.stage.app.name, request.method, request.path, request.query, status, kind, request.headers
        )

    def _read_body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._read_chunks()
        length = int(self.headers.get("Content-Length", "0"))
        if not 0 <= length <= MAX_BODY:
            raise ValueError("a body of no sensible length")
        body = self.rfile.read(length)
        if len(body) < length:
            raise ValueError("the body ended early")
        return body

    def _read_chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline(20), 16):
            if size < 0 or len(body) + size > MAX_BODY:
                raise ValueError("a body of no sensible length")
            body += self.rfile.read(size)
            self.rfile.readline(2)
        while self.rfile.readline(1000).strip():
            pass
        return body

    def _send(self, reply: Reply, *, half: bool = False) -> None:
        payload = reply.payload()
        headers = {"Server": self.version_string(), **self.stage.stamp(), "Content-Type": reply.content_type}
        headers |= reply.headers
        bodiless = reply.status in (204, 304)
        if not bodiless:
            headers["Content-Length"] = str(len(payload))
        if half or self.close_connection:
            self.close_connection = True
            headers["Connection"] = "close"
        sent = b"" if bodiless or self.command == "HEAD" else payload[: len(payload) // 2 if half else None]
        reason = self.responses.get(reply.status, ("",))[0]
        lines = [f"HTTP/1.1 {reply.status} {reason}", *(f"{name}: {value}" for name, value in headers.items())]
        # One write: headers and body in one segment cost a client no wait for the second.
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + sent)


def control(stage: Stage, request: Request) -> Reply:
    """The plane by which other processes read the log and order faults."""
    match request.method, request.path.removeprefix(CONTROL):
        case "GET", "health":
            return Reply(200, {"site": stage.app.name, "ok": True})
        case "GET", "log":
            return Reply(200, [entry.as_json() for entry in stage.log.entries])
        case "DELETE", "faults":
            stage.faults.clear()
            return Reply(204)
        case "POST", "faults":
            try:
                stage.faults.add(Fault.from_json(request.json()))
            except (ValueError, TypeError, AttributeError, re.error) as error:
                return Reply(400, {"message": str(error)})
            return Reply(201, {"message": "armed"})
        case _:
            return Reply(404, {"message": "No such control."})


def _instead(fault: Fault) -> Reply:
    """The answer that a fault puts in the place of the site's."""
    if fault.kind == "html":
        return Reply(200, SIGN_IN, content_type="text/html; charset=utf-8")
    headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
    return Reply(fault.status, {"message": f"ordered: {fault.status}"}, headers)
