"""The routes of the HTTP room, what each asks of its visitor, and the headers that every answer carries."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from ..errors import LedgerError
from ..standing import SessionStanding
from ..state import State
from .gate import COOKIE, LASTS, Gate
from .health import unready
from .metrics import Metrics
from .page import ICON, STYLE, Asked, Now, Pages
from .reading import Reading
from .receiver import LIMIT, Answer, Receiver

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
PATIENCE = 5.0
"""Seconds for the whole body of a request."""
FORM = 4096
"""Bytes of a login form."""

View = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class House:
    """Everything that answers are made of."""

    gate: Gate
    pages: Pages
    reading: Reading
    metrics: Metrics
    receiver: Receiver
    state: Callable[[], State]
    session: Callable[[], SessionStanding | None]
    instance: str
    per_day: int

    def now(self) -> Now:
        return Now(datetime.now(UTC), self.state(), self.session(), self.instance, self.per_day)


class TooLarge(Exception):
    """A body beyond its limit; the rest of it is not read."""


def app(house: House) -> Starlette:
    """The application. Health is for everybody, the receiver for who can sign, the rest for who has the token."""
    rooms = _Rooms(house)
    routes = [
        Route("/healthz", rooms.healthz),
        Route("/readyz", rooms.readyz),
        Route("/metrics", rooms.for_token(rooms.metrics)),
        Route("/", rooms.for_people(rooms.status)),
        Route("/threats/{id:path}", rooms.for_people(rooms.threat)),
        Route("/login", rooms.login, methods=["GET", "POST"]),
        Route("/logout", rooms.logout, methods=["POST"]),
        Route("/style.css", rooms.style),
        Route("/icon.svg", rooms.icon),
        Route("/webhook", rooms.webhook, methods=["POST"]),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: _refused, Exception: _bug})


class _Rooms:
    """One method a route."""

    def __init__(self, house: House) -> None:
        self._house = house

    # -- for everybody -------------------------------------------------------------------------------------------

    async def healthz(self, _: Request) -> Response:
        """The process lives."""
        return PlainTextResponse("ok\n", headers=HEADERS)

    async def readyz(self, _: Request) -> Response:
        """200 where tickets can be made and linked; 503 and why not, a line each."""
        why = await run_in_threadpool(self._unready)
        return PlainTextResponse("".join(f"{line}\n" for line in why or ["ready"]), 503 if why else 200, HEADERS)

    def _unready(self) -> list[str]:
        house, ledger, session = self._house, None, self._house.session()
        try:
            said = house.reading.look().said
        except LedgerError as error:
            ledger, said = error, house.reading.said()
        return unready(house.state(), said, ledger, session is not None and session.ends is None)

    async def style(self, _: Request) -> Response:
        return Response(STYLE, media_type="text/css", headers={**HEADERS, "Cache-Control": "max-age=300"})

    async def icon(self, _: Request) -> Response:
        return Response(ICON, media_type="image/svg+xml", headers={**HEADERS, "Cache-Control": "max-age=86400"})

    # -- for who can sign ----------------------------------------------------------------------------------------

    async def webhook(self, request: Request) -> Response:
        """Answered at once; the work comes after."""
        answer = await self._judged(request)
        self._house.metrics.delivered(answer.result)
        headers = HEADERS | ({"Retry-After": "60"} if answer.status == 429 else {})
        return JSONResponse(dict(answer.body), answer.status, headers)

    async def _judged(self, request: Request) -> Answer:
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media != "application/json":
            return Answer(415, "malformed", {"error": "the body should be application/json"})
        try:
            body = await _body(request, LIMIT)
        except TooLarge:
            return Answer(413, "oversized", {"error": "the body is too large"})
        except TimeoutError:
            return Answer(408, "slow", {"error": "the body came too slowly"})
        except ClientDisconnect:
            return Answer(400, "malformed", {"error": "the body did not come"})
        return self._house.receiver.judge(request.headers, body)

    # -- for who has the token -----------------------------------------------------------------------------------

    def for_token(self, view: View) -> View:
        """Machines show it as a bearer; a browser's cookie will do, too."""

        async def guarded(request: Request) -> Response:
            if self._may(request):
                return await view(request)
            todo = "set token in [web] first\n" if self._house.gate.locked else "a bearer token is needed\n"
            return PlainTextResponse(todo, 401, {**HEADERS, "WWW-Authenticate": "Bearer"})

        return guarded

    def for_people(self, view: View) -> View:
        """Who is not signed in is sent to the form."""

        async def guarded(request: Request) -> Response:
            return await view(request) if self._may(request) else RedirectResponse("/login", 303, HEADERS)

        return guarded

    def _may(self, request: Request) -> bool:
        gate = self._house.gate
        return gate.is_bearer(request.headers.get("authorization", "")) or gate.is_cookie(
            request.cookies.get(COOKIE, "")
        )

    async def metrics(self, _: Request) -> Response:
        text = await run_in_threadpool(self._house.metrics.text)
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8", headers=HEADERS)

    async def status(self, request: Request) -> Response:
        asked = Asked.of(dict(request.query_params))
        return await run_in_threadpool(self._shown, lambda: self._status(asked))

    def _status(self, asked: Asked) -> Response:
        house = self._house
        return _html(house.pages.status(house.now(), house.reading.look(), asked))

    async def threat(self, request: Request) -> Response:
        threat_id = request.path_params["id"]
        return await run_in_threadpool(self._shown, lambda: self._threat(threat_id))

    def _threat(self, threat_id: str) -> Response:
        house = self._house
        story = house.reading.story(threat_id)
        if story is None:
            return _html(house.pages.message("Not found", "Neither the ledger nor a pass knows this threat."), 404)
        return _html(house.pages.threat(house.now(), story))

    def _shown(self, page: Callable[[], Response]) -> Response:
        try:
            return page()
        except LedgerError as error:
            return _html(self._house.pages.message("The ledger can't be read", str(error)), 503)

    async def login(self, request: Request) -> Response:
        gate, pages = self._house.gate, self._house.pages
        if request.method != "POST":
            return _html(pages.login(wrong=False, locked=gate.locked))
        try:
            fields = parse_qs((await _body(request, FORM)).decode("utf-8", "replace"))
        except (TooLarge, TimeoutError, ClientDisconnect):
            return PlainTextResponse("that is no token\n", 400, HEADERS)
        if not gate.is_token(fields.get("token", [""])[0]):
            return _html(pages.login(wrong=True, locked=gate.locked), 403)
        answer = RedirectResponse("/", 303, HEADERS)
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, gate.cookie(), LASTS, httponly=True, samesite="strict", secure=secure)
        return answer

    async def logout(self, _: Request) -> Response:
        answer = RedirectResponse("/login", 303, HEADERS)
        answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return answer


def _html(text: str, status: int = 200) -> Response:
    return HTMLResponse(text, status, HEADERS)


async def _body(request: Request, limit: int) -> bytes:
    """The raw body. Raises TooLarge before more than the limit was read, and TimeoutError."""
    told = request.headers.get("content-length", "0")
    if not told.isdigit() or int(told[:12]) > limit:
        raise TooLarge
    data = bytearray()
    async with asyncio.timeout(PATIENCE):
        async for chunk in request.stream():
            data += chunk
            if len(data) > limit:
                raise TooLarge
    return bytes(data)


async def _refused(_: Request, error: Exception) -> Response:
    """Unknown paths and methods, in as few words as that needs."""
    assert isinstance(error, HTTPException)
    return PlainTextResponse(f"{error.detail}\n", error.status_code, {**HEADERS, **(error.headers or {})})


async def _bug(_: Request, _error: Exception) -> Response:
    """The log has the rest."""
    return PlainTextResponse("a bug in the page; see the log\n", 500, HEADERS)
