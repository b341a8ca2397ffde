"""Redmine's API: each request has a connection and a deadline of its own; none is sent twice or elsewhere."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

from tmi_issue_sync.errors import Unavailable, Uncertain
from tmi_issue_sync.http import ConnectFailed, HTTPError, Timeout, base_url, client
from tmi_issue_sync.secret import blotted

from . import verdict
from .options import ADAPTER, Options
from .verdict import Reply

PAGE = 100
TRIES = 4
Query = Mapping[str, str]
Row = dict[str, Any]


class Lost(Exception):
    """No whole answer came, and the request may have been heard."""


class Api:
    """One account's way to one Redmine. Raises ConfigError for options that can't work."""

    def __init__(self, options: Options) -> None:
        self.base = base_url(options, ADAPTER)
        self._client = client(options, ADAPTER, user_agent="tmi-issue-sync-redmine")
        self._options = options
        self._key = options.key.get_secret_value()

    def read(self, path: str, query: Query | None = None) -> Reply:
        """Any answer to a GET. Raises Unavailable."""
        return self._asked("GET", path, query=query)

    def shown(self, path: str, name: str, what: str, query: Query | None = None) -> Row:
        """One thing. Raises Unavailable or Denied."""
        reply = self.read(path, query)
        data = reply.json() if reply.status == 200 else None
        row = data.get(name) if isinstance(data, dict) else None
        if not isinstance(row, dict):
            raise verdict.of_read(reply, what)
        return row

    def change(self, path: str, body: Mapping[str, Any]) -> Reply:
        """The answer to a PUT. Raises Unavailable."""
        return self._asked("PUT", path, body=body)

    def post(self, path: str, body: Mapping[str, Any], ident: str) -> Reply:
        """The answer to the one POST that makes a ticket. Raises Unavailable where surely nothing was sent."""
        try:
            return self._send("POST", path, self._options.wait, body=body, ident=ident)
        except Lost as error:
            raise Uncertain(f"Redmine's answer to a new issue was lost: {error}") from error

    def pages(self, path: str, name: str, query: Query) -> Iterator[tuple[Reply, list[Row]]]:
        """A list, page by page; each begins with the last row of the page before.

        Where that is another row now something has left the list, rows may be skipped, and all is read again.
        """
        for _ in range(TRIES):
            offset, last = 0, None
            while True:
                reply = self.read(path, {**query, "limit": str(PAGE), "offset": str(offset)})
                rows, total = _rows(reply, name)
                if last is not None and (not rows or rows[0].get("id") != last):
                    break
                yield reply, rows
                offset += len(rows)
                if offset >= total:
                    return
                if len(rows) < 2:
                    raise Unavailable(f"Redmine's list of {name} ends before its end")
                offset, last = offset - 1, rows[-1].get("id")
        raise Unavailable(f"Redmine's list of {name} changes faster than it can be read")

    def _asked(self, verb: str, path: str, **more: Any) -> Reply:
        try:
            return self._send(verb, path, self._options.timeout, **more)
        except Lost as error:
            raise Unavailable(f"no answer from Redmine for {path}: {error}") from error

    def _send(
        self,
        verb: str,
        path: str,
        seconds: float,
        *,
        query: Query | None = None,
        body: Mapping[str, Any] | None = None,
        ident: str = "",
    ) -> Reply:
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        headers = {"X-Redmine-API-Key": self._key, "Connection": "close", "Accept-Encoding": "identity"}
        headers |= {"Content-Type": "application/json"} if body is not None else {}
        headers |= {"X-Request-Id": ident} if ident else {}
        limits, ends = Timeout(seconds, connect=min(10.0, seconds)), time.monotonic() + seconds
        try:
            with self._client.stream(
                verb, path, params=dict(query or {}), content=data, headers=headers, timeout=limits
            ) as response:
                text = bytearray()
                for chunk in response.iter_bytes():
                    text += chunk
                    if time.monotonic() > ends:
                        raise Lost(f"no whole answer within {seconds:g} s")
        except ConnectFailed as error:
            raise Unavailable(
                f"Redmine can't be reached: {self._blot(f'{type(error).__name__}: {error}')}"
            ) from None
        except HTTPError as error:
            raise Lost(self._blot(f"{type(error).__name__}: {error}")) from None
        kind, date, after = (
            self._blot(response.headers.get(name, "")) for name in ("content-type", "date", "retry-after")
        )
        return Reply(response.status_code, kind, date, after, self._blot(text.decode("utf-8", "replace")))

    def _blot(self, text: str) -> str:
        return blotted(text, self._key)


def _rows(reply: Reply, name: str) -> tuple[list[Row], int]:
    data = reply.json() if reply.status == 200 else None
    rows, total = (data.get(name), data.get("total_count")) if isinstance(data, dict) else (None, None)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows) or not isinstance(total, int):
        raise verdict.of_read(reply, f"the list of {name}")
    return rows, total
