"""Plays recorded exchanges to the sandbox's TMI, and says what differs."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tmi_issue_sync.sandbox.tmi import TmiSite
from tmi_issue_sync.sandbox.tmi.webhooks_outbox import Post
from tmi_issue_sync.sandbox.wire import Reply, Request

from .tmi_world import Clock

RECORDINGS = Path(__file__).parent / "recordings"
BASE = "http://127.0.0.1:8080"
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d+))?Z")
CODE = re.compile(r"code=test_auth_code_\w+?_hint")
SERVERS_OWN = {"alias", "created_at", "modified_at", "id", "auto_generated", "threat_model_id"}

SECRET = "a secret of the subscriber"
"""Stands where a recording keeps the real one to itself."""

Json = Any


@dataclass
class Exchange:
    """One line of a recording."""

    case: str
    method: str
    path: str
    headers: dict[str, str]
    body: Json
    status: int
    answer_headers: dict[str, str] | None
    answer: Json

    @classmethod
    def read(cls, name: str) -> list[Exchange]:
        lines = (RECORDINGS / name).read_text("utf-8").splitlines()
        records = [json.loads(line) for line in lines]
        return [cls.of(record) for record in records if "request" in record]

    @classmethod
    def of(cls, record: Json) -> Exchange:
        asked, told = record["request"], record["response"]
        headers = dict(asked.get("headers") or {})
        if asked["body"] is not None and "Content-Type" not in headers:
            patch = asked["method"] == "PATCH" and not asked["path"].endswith("/bulk")
            headers["Content-Type"] = "application/json-patch+json" if patch else "application/json"
        return cls(
            record["case"],
            asked["method"],
            asked["path"],
            headers,
            asked["body"],
            told["status"],
            told.get("headers"),
            told["body"],
        )


@dataclass
class Replay:
    """Plays a recording to a site, and remembers what the recorded ids and secrets are called there."""

    site: TmiSite
    clock: Clock
    known: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    last_refresh: str = ""

    def people(self, *names: str) -> None:
        for name in names:
            self.tokens[f"<user {name}>"] = self.site.add_user(name, admin=name == "alice")
            self.tokens["<refresh_token>"] = self.site.issue_session(name)[1]

    def play(self, exchanges: list[Exchange]) -> list[str]:
        """What differs, in words."""
        differences = []
        for index, exchange in enumerate(exchanges):
            self.clock.wait(milliseconds=10)
            reply = self.site(self.request(exchange))
            found = self.compare(exchange, reply)
            differences += [f"[{index}] {exchange.case}: {text}" for text in found]
            if exchange.case.startswith("threat: create for legacy"):
                self.inject(exchange.answer, exchanges[index + 1].answer)
        return differences

    def request(self, exchange: Exchange) -> Request:
        target = UUID.sub(self.live, exchange.path)
        text = "" if exchange.body is None else UUID.sub(self.live, json.dumps(exchange.body))
        text = re.sub(r"tmi_cc_[\w-]+|<client_secret>", self.live, text).replace("<secret>", SECRET)
        if "<refresh_token>" in text:
            if "twice" not in exchange.case:
                self.last_refresh = self.tokens["<refresh_token>"]
            text = text.replace("<refresh_token>", self.last_refresh)
        headers = {**exchange.headers, "Authorization": self.authorization(exchange)}
        if exchange.case in ("no token",) or exchange.path.startswith("/oauth2"):
            del headers["Authorization"]
        return Request.of(exchange.method, target, headers, text.encode(), BASE)

    def live(self, match: re.Match[str]) -> str:
        return self.known.get(match[0], match[0])

    def authorization(self, exchange: Exchange) -> str:
        """From the recorded placeholder, or where no headers were recorded from the name of the case."""
        given = exchange.headers.get("Authorization", "").removeprefix("Bearer ")
        case = exchange.case
        if not given and case.startswith("expired token"):
            self.tokens["<expired>"] = self.site.issue_session("alice")[0]
            self.clock.wait(hours=1)
            given = "<expired>"
        elif not given and "automation account" in case and not case.endswith("create"):
            given = "<service account>"
        elif not given and "bot user" in case and "into the group" not in case:
            self.tokens["<user syncbot>"] = self.site.issue_session("syncbot")[0]
            given = "<user syncbot>"
        elif not given:
            given = "<user bob>" if "(bob)" in case or "by a non-admin" in case else "<user alice>"
        return f"Bearer {self.tokens.get(given, 'garbage')}"

    def inject(self, made: Json, listed: Json) -> None:
        """What was written behind the API's back: the difference between the answer and the next list."""
        row = next(row for row in listed["threats"] if row["id"] == made["id"])
        written = {
            key: value
            for key, value in row.items()
            if key not in SERVERS_OWN and key in {*made, "issue_uri"} and made.get(key) != value
        }
        assert written, "a legacy row without anything that is legacy"
        self.site.edit_row(self.known[made["id"]], **written)

    def compare(self, exchange: Exchange, reply: Reply) -> Iterator[str]:
        if reply.status != exchange.status:
            yield f"status {reply.status}, recorded {exchange.status}: {reply.body}"
            return
        if exchange.answer_headers is not None:
            yield from self.compare_headers(exchange.answer_headers, reply)
        yield from self.differences(exchange.answer, reply.body, "")
        if isinstance(exchange.answer, dict) and exchange.answer.get("refresh_token") == "":
            self.tokens["<service account>"] = reply.body["access_token"]

    def compare_headers(self, recorded: dict[str, str], reply: Reply) -> Iterator[str]:
        shown = {**reply.headers, **({"Content-Type": reply.content_type} if reply.body is not None else {})}
        if "Cache-Control" not in recorded:
            # This recording kept only the headers that it was about.
            shown = {key: value for key, value in shown.items() if key in recorded}
        yield from self.differences(recorded, shown, "header")

    def differences(self, recorded: Json, live: Json, at: str) -> Iterator[str]:
        if isinstance(recorded, dict) and isinstance(live, dict):
            if recorded.keys() != live.keys():
                yield f"{at}: keys {sorted(recorded.keys() ^ live.keys())} on one side only"
            for key in recorded.keys() & live.keys():
                yield from self.differences(recorded[key], live[key], f"{at}/{key}")
        elif isinstance(recorded, list) and isinstance(live, list):
            if len(recorded) != len(live):
                yield f"{at}: {len(live)} items, recorded {len(recorded)}"
            for index, pair in enumerate(zip(*self.aligned(recorded, live, at), strict=False)):
                yield from self.differences(*pair, f"{at}/{index}")
        elif not self.same(recorded, live, at):
            yield f"{at}: {live!r}, recorded {recorded!r}"

    def aligned(self, recorded: list[Json], live: list[Json], at: str) -> tuple[list[Json], list[Json]]:
        """Threats inside of a model come in the order of the database's heap: compare them by name."""
        if at == "/threats" and recorded and "alias" not in recorded[0]:
            return sorted(recorded, key=_name), sorted(live, key=_name)
        return recorded, live

    def same(self, recorded: Json, live: Json, at: str) -> bool:
        name = at.rpartition("/")[2]
        if recorded == "<secret>":
            return bool(live == SECRET)
        if not isinstance(recorded, str) or not isinstance(live, str):
            aliases = name == "alias" and isinstance(live, int) and live > 10_000 < recorded
            return aliases or (type(recorded) is type(live) and recorded == live)
        if recorded.startswith("<") and name in ("access_token", "refresh_token", "client_secret"):
            self.learn(recorded, live, at)
            return bool(live)
        if TIME.fullmatch(recorded):
            return _precision(recorded) == _precision(live)
        if UUID.search(recorded) or recorded.startswith("tmi_cc_"):
            return self.learn(recorded, live, at)
        return CODE.sub("code", recorded) == CODE.sub("code", live)

    def learn(self, recorded: str, live: str, at: str) -> bool:
        """The live name of a recorded id. Once learnt it stays, but for tokens, request ids and secrets."""
        name = at.rpartition("/")[2]
        if name == "refresh_token":
            self.tokens["<refresh_token>"] = live
        elif name == "client_secret":
            self.known[recorded] = live
        elif name not in ("access_token", "X-Request-Id"):
            pairs = zip(UUID.findall(recorded) or [recorded], UUID.findall(live) or [live], strict=False)
            return all(self.known.setdefault(old, new) == new for old, new in pairs)
        return True


def recorded_deliveries(name: str) -> list[tuple[dict[str, str], Json]]:
    """What the server sent by itself: headers and body."""
    records = [
        json.loads(line)["received"]
        for line in (RECORDINGS / name).read_text("utf-8").splitlines()
        if '"received"' in line
    ]
    return [(record["headers"], record["body"]) for record in records]


def shape_of_delivery(headers: dict[str, str], body: Json) -> Json:
    """What every run has in common: event, names of headers and of keys, how precise a time is."""
    kept = sorted(name.lower() for name in headers if name not in ("Host", "Content-Length", "Accept-Encoding"))
    return headers["X-Webhook-Event"], headers["User-Agent"], kept, _shape(body)


def shape_of_post(post: Post) -> Json:
    return shape_of_delivery(post.headers, json.loads(post.body))


def signed(post: Post, secret: str) -> bool:
    digest = hmac.new(secret.encode(), post.body, hashlib.sha256).hexdigest()
    return post.headers.get("X-Webhook-Signature") == f"sha256={digest}"


def _shape(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _shape(each) for key, each in value.items()}
    if isinstance(value, str) and TIME.fullmatch(value):
        return "whole seconds" if TIME.fullmatch(value)[1] is None else _precision(value)  # type: ignore[index]
    return re.sub(r"[0-9a-f]{64}", "hex", UUID.sub("id", value)) if isinstance(value, str) else value


def _name(threat: Json) -> str:
    return str(threat["name"])


def _precision(text: str) -> str:
    match = TIME.fullmatch(text)
    return "no time" if match is None else "nano" if len(match[1] or "") > 6 else "micro"
