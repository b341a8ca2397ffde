"""What we read of TMI: complete lists from pages that lie now and then, and single answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from .. import retry
from ..errors import TmiError
from ..model import Json, ModelRead, ThreatModel
from .caller import Caller, NotFound, refusal
from .values import model_row, threat_row
from .wire import Passing, Reply, Wire

PAGE = 100
"""The largest that TMI takes."""
MAX_PAGES = 1000
SORTED = {"sort": "created_at:asc"}
"""Any `sort` reads past TMI's list cache, and new rows come last (tmi-api 4)."""


@dataclass(frozen=True, slots=True)
class Info:
    """The server, as `GET /` tells it. `version` is the key of what we learn about its dialects."""

    version: str
    build: str
    ok: bool


@dataclass(frozen=True, slots=True)
class Me:
    """Whom a token belongs to. A service account answers like its owner."""

    name: str
    email: str
    provider: str
    groups: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>" if self.email else self.name


@dataclass(frozen=True, slots=True)
class Listing:
    """All rows of a list and the first page that it came on."""

    rows: tuple[dict[str, Json], ...]
    date: datetime | None


def threats_path(model_id: str) -> str:
    return f"{model_path(model_id)}/threats"


def model_path(model_id: str) -> str:
    return f"/threat_models/{quote(model_id, safe='')}"


def threat_models(caller: Caller) -> list[ThreatModel]:
    """All models that the caller sees."""
    return [model_row(row) for row in listing(caller, "/threat_models", "threat_models").rows]


def threat_model(caller: Caller, model_id: str) -> ThreatModel | None:
    """One model; the threats embedded in it are never used (tmi-api F6), and it says no count of them."""
    try:
        return model_row(caller.get(model_path(model_id)).table())
    except NotFound:
        return None


def threats(caller: Caller, model: ThreatModel) -> ModelRead:
    """All threats of a model, from the database (protocol: read_at is when the first page was asked for)."""
    read_at = caller.wire.clock.monotonic()
    found = listing(caller, threats_path(model.id), "threats", SORTED)
    if found.date is None:
        raise TmiError("TMI's answers carry no Date header", todo="Does a proxy remove it? It is needed.")
    return ModelRead(model, tuple(threat_row(row, model) for row in found.rows), found.date, read_at)


def is_confidential(caller: Caller, model: ThreatModel) -> bool:
    """Raises TmiError unless TMI says so or not in so many words (protocol Co1)."""
    value = caller.get(model_path(model.id)).table().get("is_confidential")
    if not isinstance(value, bool):
        raise TmiError(f"TMI does not say whether the model {model.name!r} is confidential")
    return value


def metadata(caller: Caller, model: ThreatModel) -> tuple[tuple[str, str], ...]:
    """The model's metadata, by key. Raises TmiError for an answer that is no list of pairs."""
    reply = caller.get(f"{model_path(model.id)}/metadata")
    rows = reply.json()
    tables = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    pairs = [(row.get("key"), row.get("value")) for row in tables]
    said = [(key, value) for key, value in pairs if isinstance(key, str) and isinstance(value, str)]
    if not isinstance(rows, list) or len(said) != len(rows):
        raise TmiError(f"TMI's answer to {reply.asked} is no list of metadata", todo="See TMI's log.")
    return tuple(sorted(said))


def me(caller: Caller) -> Me:
    """Who the caller is."""
    row = caller.get("/me").table()
    groups = row.get("groups")
    names = (
        [group.get("group_name") for group in groups if isinstance(group, dict)] if isinstance(groups, list) else []
    )
    return Me(
        str(row.get("display_name") or row.get("email") or "somebody without a name"),
        str(row.get("email") or ""),
        str(row.get("provider") or ""),
        tuple(str(name) for name in names if name),
    )


def info(wire: Wire) -> Info:
    """`GET /`, which needs no token."""

    def once() -> Reply:
        reply = wire.send("GET", "/")
        if reply.status != 200:
            raise refusal(reply, "anybody")
        return reply

    body = retry.reads(wire.clock, Passing)(once).table()
    api, service, state = _table(body, "api"), _table(body, "service"), _table(body, "status")
    if not (api or service):
        raise TmiError("what answers at [tmi] url is no TMI", todo="Write the url of TMI's API there.")
    version = str(api.get("version") or "unknown")
    return Info(version, str(service.get("build") or version), state.get("code") in (None, "ok", "OK"))


def _table(body: Mapping[str, Json], key: str) -> dict[str, Json]:
    value = body.get(key)
    return value if isinstance(value, dict) else {}


def listing(caller: Caller, path: str, key: str, params: Mapping[str, str] | None = None) -> Listing:
    """Every page of a list; read again where the list grew or shrank meanwhile."""
    for _ in range(2):
        found = _pages(caller, path, key, params or {}, steady=True)
        if found is not None:
            return found
    last = _pages(caller, path, key, params or {}, steady=False)
    assert last is not None
    return last


def _pages(caller: Caller, path: str, key: str, params: Mapping[str, str], *, steady: bool) -> Listing | None:
    """One walk through the pages; None where `total` changed on the way and the walk should be `steady`."""
    rows: dict[str, dict[str, Json]] = {}
    first: Reply | None = None
    first_total, offset = 0, 0
    for _ in range(MAX_PAGES):
        reply = caller.get(path, {"limit": str(PAGE), "offset": str(offset), **params})
        page, total = _page(reply, key)
        if first is None:
            first, first_total = reply, total
        elif steady and total != first_total:
            return None
        known = len(rows)
        for row in page:
            rows.setdefault(str(row.get("id") or f"row {len(rows)}"), row)
        offset += len(page)
        if not page and total > offset:
            raise TmiError(f"TMI's list {path} says {total} and shows {offset} rows", todo="See TMI's log.")
        if _was_last(len(page), offset, total):
            return Listing(tuple(rows.values()), first.date)
        if len(rows) == known:
            raise TmiError(
                f"TMI's list {path} repeats itself from row {offset - len(page)} on", todo="See TMI's log."
            )
    raise TmiError(f"TMI's list {path} has no end after {MAX_PAGES} pages", todo="See TMI's log.")


def _was_last(size: int, seen: int, total: int) -> bool:
    """`total` is believed where it fits: it may be 0 beside rows (a failed count), and a page may come short."""
    if size == 0 or seen == total:
        return True
    return size < PAGE and seen > total


def _page(reply: Reply, key: str) -> tuple[list[dict[str, Json]], int]:
    """Rows and total of one page. A `null` list is a failed query (tmi-api T10)."""
    body = reply.table()
    rows, total = body.get(key), body.get("total")
    if not isinstance(rows, list):
        raise TmiError(
            f"TMI answered {reply.asked} without a list of {key}", todo="Its database may be in trouble."
        )
    if not all(isinstance(row, dict) for row in rows):
        raise TmiError(f"TMI's list {reply.asked} has a row that is no object", todo="See TMI's log.")
    count = total if isinstance(total, int) and not isinstance(total, bool) else 0
    return [row for row in rows if isinstance(row, dict)], count
