"""Queries by WIQL and the work items that they name: complete, or an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tmi_issue_sync.errors import Unavailable
from tmi_issue_sync_adapters.wire.reply import date_of

from . import verdict
from .api import Api, of_project
from .item import FIELDS, REPRO

SHARED_TAG = "tmi"
"""On every ticket of ours; which threat it is for is in its text, for the number of tags has an end."""
PAGE = 10_000
"""Numbers a query; from 20,000 on it is refused."""
BATCH = 200
MAX_PAGES = 2_000
OURS = f"([System.Tags] CONTAINS '{SHARED_TAG}' OR [System.CreatedBy] = @Me)"


@dataclass(frozen=True, slots=True)
class Listed:
    """The rows of a query, each once, oldest first. `as_of` is the Date of its first page."""

    as_of: datetime | None
    rows: tuple[Mapping[str, Any], ...]


class Listing:
    """Work items that carry the shared tag or were made by our account."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._fields: tuple[str, ...] = FIELDS

    def read(self, project: str | None, since: datetime | None) -> Listed:
        """All of a project's, or of the whole organization's. Raises Unavailable or Denied."""
        as_of, numbers = self._numbers(project, since)
        batches = (numbers[start : start + BATCH] for start in range(0, len(numbers), BATCH))
        return Listed(as_of, tuple(row for batch in batches for row in self._batch(batch)))

    def one(self, number: int) -> Mapping[str, Any] | str:
        """One work item wherever it is, or the words that it is not there for us. Raises Unavailable or Denied."""
        reply = self._api.read(f"_apis/wit/workitems/{number}", f"work item {number}")
        if (said := verdict.unseen(reply)) is not None:
            return said
        row = self._api.json_of(reply, f"work item {number}")
        if not isinstance(row, dict) or row.get("id") != number:
            raise Unavailable(f"Azure DevOps answered work item {number} with something else")
        return row

    def _numbers(self, project: str | None, since: datetime | None) -> tuple[datetime | None, list[int]]:
        """By number, each page above the last: nothing that is deleted meanwhile can shift what comes after it."""
        what = f"the work items of {project}" if project else "the organization's work items"
        path = of_project(project, "wit/wiql") if project else "_apis/wit/wiql"
        query = {"timePrecision": "true", "$top": str(PAGE)}
        as_of: datetime | None = None
        found: list[int] = []
        for page in range(MAX_PAGES):
            wiql = _wiql(inside=project is not None, since=since, above=found[-1] if found else 0)
            reply = self._api.ask(path, what, {"query": wiql}, query)
            numbers = _numbers_in(self._api.json_of(reply, what), what)
            if page == 0:
                as_of = date_of(reply)
            if found and numbers and numbers[0] <= found[-1]:
                raise Unavailable(f"Azure DevOps lists {what} in a circle")
            found += numbers
            if len(numbers) < PAGE:
                return as_of, found
        raise Unavailable(f"Azure DevOps lists {what} on more than {MAX_PAGES} pages")

    def _batch(self, numbers: Sequence[int]) -> Iterator[Mapping[str, Any]]:
        """What was left out need not be gone: each is read by itself."""
        what = f"{len(numbers)} work items"
        body = {"ids": list(numbers), "fields": list(self._fields), "errorPolicy": "omit"}
        reply = self._api.ask("_apis/wit/workitemsbatch", what, body)
        said = verdict.told(reply) if reply.status == 400 else None
        if said is not None and REPRO in said.message and REPRO in self._fields:
            self._fields = tuple(name for name in self._fields if name != REPRO)  # no process here has that field
            yield from self._batch(numbers)
            return
        data = self._api.json_of(reply, what)
        rows = data.get("value") if isinstance(data, dict) else None
        if not isinstance(rows, list):
            raise Unavailable(f"Azure DevOps answered {what} with something that is no list")
        shown = {row["id"]: row for row in rows if isinstance(row, dict) and isinstance(row.get("id"), int)}
        for number in numbers:
            row = shown[number] if number in shown else self.one(number)
            if not isinstance(row, str):
                yield row


def _wiql(*, inside: bool, since: datetime | None, above: int) -> str:
    where = [OURS]
    if inside:
        where.append("[System.TeamProject] = @project")
    if since is not None:
        where.append(f"[System.ChangedDate] >= '{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'")
    if above:
        where.append(f"[System.Id] > {above}")
    return f"SELECT [System.Id] FROM WorkItems WHERE {' AND '.join(where)} ORDER BY [System.Id]"  # noqa: S608 - asks only


def _numbers_in(data: Any, what: str) -> list[int]:
    rows = data.get("workItems") if isinstance(data, dict) else None
    numbers = (
        [row.get("id") if isinstance(row, dict) else None for row in rows] if isinstance(rows, list) else [None]
    )
    good = [number for number in numbers if isinstance(number, int) and not isinstance(number, bool)]
    if len(good) != len(numbers) or good != sorted(set(good)):
        raise Unavailable(f"Azure DevOps answered {what} with something that is no list of work items")
    return good
