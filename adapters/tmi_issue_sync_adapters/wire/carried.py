"""One account's way to a server: its library signs, a `Line` carries, and no request is sent twice."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any, ClassVar

from tmi_issue_sync.errors import TrackerError, Unavailable

from .line import Line, Road
from .reach import Reach
from .reply import Reply, json_of, lost, words_of

Query = Mapping[str, str]


class Carried(ABC):
    """What is the same for every such server; how its library signs is its own."""

    name: ClassVar[str]
    """For people."""
    road: Road
    options: Reach

    @staticmethod
    @abstractmethod
    def of_read(reply: Reply, what: str) -> TrackerError:
        """The error of a read that did not answer with what was asked for."""

    @abstractmethod
    def read(self, line: Line, path: str, query: Query | None = None) -> Reply:
        """Any answer to a GET. Raises Unavailable; Denied where the account is not known."""

    @abstractmethod
    def send(
        self,
        line: Line,
        verb: str,
        path: str,
        *,
        query: Query | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Sign one request and carry it. Raises OSError or HTTPException."""

    def line(self) -> Line:
        """A connection for the reads of one call: none is kept, so none has gone stale when it is needed."""
        return Line(self.road, self.options.timeout)

    def read_json(self, line: Line, path: str, what: str, query: Query | None = None) -> Any:
        """The JSON of a GET's answer. Raises Unavailable or Denied for any but a 200 that is JSON."""
        return self.json_of(self.read(line, path, query), what)

    def json_of(self, reply: Reply, what: str) -> Any:
        data = json_of(reply) if reply.status == 200 else None
        if data is None:
            raise self.of_read(reply, what)
        return data

    def post(self, path: str, body: Mapping[str, Any], ident: str) -> Reply:
        """The answer to one POST on a connection of its own. Raises Unavailable where surely nothing was sent."""
        headers = {"X-Request-Id": ident} if ident else {}
        with Line(self.road, self.options.wait, reset=True) as line:
            try:
                return self.send(line, "POST", path, body=body, headers=headers)
            except (OSError, HTTPException) as error:
                raise lost(self.name, "issue", words_of(error), sent=line.sent) from error

    def change(self, line: Line, verb: str, path: str, body: Mapping[str, Any]) -> Reply:
        """The answer to one write that makes no ticket. Raises Unavailable."""
        return self.asked(line, verb, path, f"a change of {path}", body=body)

    def asked(self, line: Line, verb: str, path: str, what: str, **more: Any) -> Reply:
        """The answer to one request that makes no ticket. Raises Unavailable."""
        try:
            return self.send(line, verb, path, **more)
        except (OSError, HTTPException) as error:
            raise Unavailable(f"no answer from {self.name} for {what}: {words_of(error)}") from error
