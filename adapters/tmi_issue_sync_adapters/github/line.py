"""A line shaped as PyGithub wants a connection.

What PyGithub reads of an answer makes it act by itself (it follows a 301 whatever the verb, and sleeps on a 202).
So it hands its requests to a `Connection`, and reads nothing from the answer: that is in `Line.reply`.
"""

from __future__ import annotations

from tmi_issue_sync_adapters.wire.line import Line


class _Silent:
    """What PyGithub is told of every answer."""

    status = 200

    def getheaders(self) -> tuple[tuple[str, str], ...]:
        return ()

    def read(self) -> str:
        return ""


class Connection:
    """A line, shaped as PyGithub wants it."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def request(
        self,
        verb: str,
        url: str,
        input: str | None,  # noqa: A002 - PyGithub calls it so
        headers: dict[str, str],
        stream: bool = False,  # noqa: ARG002
    ) -> None:
        self._line.send(verb, url, None if input is None else input.encode(), headers)

    def getresponse(self) -> _Silent:
        self._line.receive()
        return _Silent()
