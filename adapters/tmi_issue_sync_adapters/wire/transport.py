"""Where requests leave a library built on `requests`: into a `Line`; the library hears of an empty 200."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from requests import PreparedRequest, Response, Session
from requests.adapters import BaseAdapter

from .line import Line
from .reply import Reply


class Transport(BaseAdapter):
    """Mounted on a library's session, for all that it sends."""

    _line: Line | None = None

    def mount(self, session: Session) -> None:
        for scheme in ("http://", "https://"):
            session.mount(scheme, self)

    def carry(self, line: Line, ask: Callable[[], object]) -> Reply:
        """The answer to the one request that `ask` makes the library send. Raises OSError or HTTPException."""
        self._line = line
        try:
            ask()
        finally:
            self._line = None
        if line.reply is None:
            raise RuntimeError("the library asked nothing")
        return line.reply

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:  # noqa: ARG002
        if self._line is None:
            raise RuntimeError("the library asks for something by itself")
        body = request.body.encode() if isinstance(request.body, str) else cast("bytes | None", request.body)
        self._line.send(request.method or "GET", request.path_url, body, _texts(request.headers))
        self._line.receive()
        told = Response()
        told.status_code, told._content, told.request = 200, b"", request
        return told

    def close(self) -> None:
        pass


def _texts(headers: Mapping[str, str | bytes]) -> dict[str, str]:
    return {name: value.decode("latin-1") if isinstance(value, bytes) else value for name, value in headers.items()}
