"""GitLab behind the tracker's door."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tmi_issue_sync.errors import Denied, Rejected, TrackerError, Unavailable
from tmi_issue_sync.model import Draft, Finding, Gone, Level, Look, Marker, NotMine, Ticket, TicketRef
from tmi_issue_sync_adapters.wire.line import Line
from tmi_issue_sync_adapters.wire.reach import netloc
from tmi_issue_sync_adapters.wire.reply import Reply, json_of

from . import closing, verdict
from .api import Api
from .checks import Account, Checker, has_no_issues
from .draft import Shaper, target_of
from .issue import Place, moved_to, place, project_path, ticket
from .listing import SHARED_LABEL, Listed, Row, listed
from .lookup import Lookup
from .options import Options, Target

MOVES = 5
"""How often an issue may have moved and still be followed."""


class GitLabTracker:
    """The issues of one project."""

    def __init__(self, options: Options, targets: tuple[Target, ...]) -> None:
        self._api = Api(options)
        self._site = self._api.site
        self._targets = targets
        self._project = targets[0].project
        self._lookup = Lookup(self._api, self._project)
        self._known: Account | None = None

    # -- looking -----------------------------------------------------------------------------------------------

    def check(self) -> Iterable[Finding]:
        """Who we are, what the project is, and whether tickets and links would be kept there."""
        with self._api.line() as line:
            checker = Checker(self._api, line, self._project, self._lookup, self._account)
            return list(checker.findings(self._targets))

    def changed(self, since: datetime | None) -> Look:
        """What our account made; for a full look also what anybody made that carries the shared label."""
        with self._api.line() as line:
            me = self._account(line)
            found = self._of_project(line, me, since)
            return Look(found.as_of, tuple(self._marked(line, found.rows)), me.name)

    def find(self, marker: Marker) -> Look:
        """The tickets with this marker: in the project by anybody, and on all of this GitLab by our account.

        A ticket that is moved keeps its author, so that it shows wherever this account may look. GitLab's search
        reaches no further, comes from an index that is written later, and proves nothing: it is never used.
        """
        with self._api.line() as line:
            me = self._account(line)
            found = self._of_project(line, me, None)
            where = {"author_id": str(me.id), "non_archived": "false"}
            wide = listed(self._api, line, "/issues", "all issues of this account", where, None)
            self._prove(line)
            rows = {row["id"]: row for row in (*found.rows, *wide.rows)}
            tickets = {one.ref: one for one in self._marked(line, rows.values())}
        ours = (one for one in tickets.values() if one.marker and one.marker.word == marker.word)
        return Look(found.as_of, tuple(sorted(ours, key=lambda one: one.created_at)), me.name)

    def get(self, ref: TicketRef | str) -> Ticket | Gone | NotMine:
        """An issue of any project here, as it is now; one that has moved is shown where it went."""
        with self._api.line() as line:
            at = self._place(line, ref)
            if not isinstance(at, Place):
                return at
            reply = self._api.read(line, at.path)
            if (said := verdict.unseen(reply)) is not None:
                return Gone(f"GitLab says of {at}: {said}")
            row = self._followed(line, self._api.json_of(reply, f"the issue {at}"))
            if (found := ticket(row, self._site)) is None:
                raise Unavailable(f"GitLab shows {at} without what every issue has")
            return found

    def rehearse(self, draft: Draft) -> Iterable[Finding]:
        """What can be told of this draft before it is sent: its fields, assignee and milestone. Makes nothing."""
        try:
            self._payload(draft)
        except (Rejected, Denied) as error:
            return [Finding(Level.ERROR, error.why, error.todo)]
        return [Finding(Level.OK, f"an issue in {self._project} can be made like this")]

    # -- making ------------------------------------------------------------------------------------------------

    def create(self, draft: Draft) -> Ticket:
        """One POST."""
        body = self._payload(draft)
        reply = self._api.post(f"{project_path(self._project)}/issues", body, draft.request_id)
        return self._made(reply, draft, body)

    def close_duplicate(self, ticket: Ticket, words: str) -> None:
        """Comment once, then close."""
        with self._api.line() as line:
            closing.close(self._api, line, ticket, words)

    # -- inside ------------------------------------------------------------------------------------------------

    def _payload(self, draft: Draft) -> dict[str, Any]:
        """What to POST. Raises Rejected, Denied or Unavailable."""
        target = target_of(draft, self._project)
        with self._api.line() as line:
            shaper = Shaper(
                datetime.now(UTC).date(),
                lambda name: self._lookup.user(line, name),
                lambda title: self._lookup.milestone(line, title),
            )
            return shaper.payload(draft, target)

    def _account(self, line: Line) -> Account:
        if self._known is None:
            user = self._api.read_json(line, "/user", "the token's account")
            self._known = Account.of(user)
        return self._known

    def _of_project(self, line: Line, me: Account, since: datetime | None) -> Listed:
        """What the project lists, true even where that is nothing."""
        what, path = f"the issues of {self._project}", f"{project_path(self._project)}/issues"
        filters = [{"author_id": str(me.id)}] if since else [{"author_id": str(me.id)}, {"labels": SHARED_LABEL}]
        found = [listed(self._api, line, path, what, where, since) for where in filters]
        if not any(each.rows for each in found):
            self._prove(line)
        rows = {row["id"]: row for each in found for row in each.rows}
        return Listed(found[0].as_of, tuple(rows.values()))

    def _prove(self, line: Line) -> None:
        """An empty list is true only of a project that is there and has issues: else it may be a 200 as well."""
        what = f"the project {self._project}"
        project: Any = self._api.read_json(line, project_path(self._project), what)
        if not isinstance(project, dict) or not isinstance(project.get("path_with_namespace"), str):
            raise Unavailable(f"GitLab answered {what} with something else")
        if has_no_issues(project):
            raise Denied(
                f"issues are switched off in {self._project}, or hidden from this account",
                todo="Switch them on in the project's settings, for its members at least.",
            )

    def _marked(self, line: Line, rows: Iterable[Row]) -> Iterator[Ticket]:
        for row in rows:
            text = row["description"] or ""
            if Marker.parse(text) is None:
                continue
            found = ticket(self._followed(line, row), self._site)
            if found is None:
                raise Unavailable(f"GitLab lists an issue in {self._project} that lacks what every issue has")
            if found.marker is not None:
                yield found

    def _followed(self, line: Line, row: Any) -> Any:
        """The issue that this one has become elsewhere; itself where it has not, or is hidden from us there."""
        for _ in range(MOVES):
            ident = moved_to(row)
            at = self._lookup.place(line, ident) if ident is not None else None
            if at is None:
                return row
            reply = self._api.read(line, at.path)
            if verdict.unseen(reply) is not None:
                return row
            row = self._api.json_of(reply, f"the issue {at}")
        return row

    def _place(self, line: Line, ref: TicketRef | str) -> Place | Gone | NotMine:
        host = netloc(self._site)
        if isinstance(ref, str):
            return place(ref, self._site) or NotMine(f"this is no URL of an issue on {host}")
        if ref.host != host or not ref.id.isdecimal():
            return NotMine(f"this is no issue on {host}")
        return self._lookup.place(line, int(ref.id)) or Gone(f"GitLab shows no issue with the id {ref.id}")

    def _made(self, reply: Reply, draft: Draft, sent: dict[str, Any]) -> Ticket:
        row = json_of(reply) if reply.status == 201 else None
        made = ticket(row, self._site, verdict.request_id(reply))
        if made is None:
            name = self._present_name() if reply.status == 405 else None
            raise verdict.of_create(reply, self._project, name)
        shown = isinstance(row, dict) and row.get("confidential") is True
        kept = made.marker == draft.marker and (shown or not sent["confidential"])
        return made if kept else replace(made, marker=None)

    def _present_name(self) -> str | None:
        try:
            with self._api.line() as line:
                shown: Any = self._api.read_json(line, project_path(self._project), "the project")
        except TrackerError:
            return None
        name = shown.get("path_with_namespace") if isinstance(shown, dict) else None
        return name if isinstance(name, str) else None
