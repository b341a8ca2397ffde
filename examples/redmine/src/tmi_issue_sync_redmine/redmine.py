"""Redmine behind the tracker's door."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tmi_issue_sync.errors import Denied, TrackerError, Unavailable
from tmi_issue_sync.model import Draft, Finding, Gone, Level, Look, Marker, NotMine, Ticket, TicketRef

from . import verdict
from .api import Api
from .issue import description_of, issue_of, marker_of, number_of, target_of, ticket_of
from .options import ADAPTER, Options, Target, netloc
from .place import Place


class RedmineTracker:
    """The issues of one project."""

    def __init__(self, options: Options, targets: tuple[Target, ...]) -> None:
        self._api = Api(options)
        self._targets = targets
        self._field = options.marker_field
        self._place = Place(self._api, targets[0].project)

    def check(self) -> Iterable[Finding]:
        """Who we are, what the project is, what the role may, what would be dropped in silence."""
        self._place.forget()
        found: list[Finding] = []
        try:
            found.extend(self._findings())
        except TrackerError as error:
            found.append(Finding(Level.ERROR, error.why, error.todo))
        return found

    def changed(self, since: datetime | None) -> Look:
        """What our account made, wherever it is now; for a full look also what anybody made in the project."""
        self._place.forget()
        me = self._place.account()  # before and not after: a dead key lists what anybody may see
        mine = {"author_id": str(me.id)}
        if since is not None:
            filters = [mine | {"updated_on": f">={since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}]
        else:
            filters = [mine, {"project_id": self._place.name}]
        as_of: datetime | None = None
        found: dict[TicketRef, Ticket] = {}
        for number, where in enumerate(filters):
            for page, (reply, rows) in enumerate(self._api.pages("/issues.json", "issues", _all(where))):
                as_of = reply.at() if (number, page) == (0, 0) else as_of
                found.update((one.ref, one) for one in map(self._ticket, rows) if one.marker is not None)
        return Look(as_of, tuple(found.values()), str(me.id))

    def find(self, marker: Marker) -> Look:
        """The tickets with this marker among all that our account made on the site and all of the project.

        A filter by the custom field is not used: where it is not known, or not for filters, everything is listed;
        where it belongs to another tracker, nothing.
        """
        look = self.changed(None)
        return replace(
            look, tickets=tuple(one for one in look.tickets if one.marker and one.marker.word == marker.word)
        )

    def get(self, ref: TicketRef | str) -> Ticket | Gone | NotMine:
        """An issue by its number or URL; numbers are the site's, and kept by tickets that move."""
        host = netloc(self._api.base)
        if isinstance(ref, TicketRef):
            known = (ref.adapter, ref.host) == (ADAPTER, host) and ref.id.isdecimal()
            number = int(ref.id) if known else None
        else:
            number = number_of(ref, self._api.base)
        if number is None:
            return NotMine(f"this is no issue on {host}")
        reply = self._api.read(f"/issues/{number}.json")
        if reply.status in (403, 404) and (said := reply.words()) is not None:
            self._place.project_now()  # raises where the whole project is out of sight
            return Gone(f"Redmine shows nothing at #{number} ({reply.status}{f': {said}' if said else ''})")
        data = reply.json() if reply.status == 200 else None
        if not isinstance(data, dict):
            raise verdict.of_read(reply, f"the issue #{number}")
        self._place.project()
        return self._ticket(data.get("issue"))

    def create(self, draft: Draft) -> Ticket:
        """One POST, once it is known that nothing of it would be dropped."""
        target = target_of(draft, self._place.name)
        body, closed = self._body(draft, target), self._place.closed()
        reply = self._api.post("/issues.json", {"issue": body}, draft.request_id)
        data = reply.json() if reply.status == 201 else None
        issue = issue_of(data.get("issue")) if isinstance(data, dict) else None
        if issue is None:
            raise verdict.of_create(reply, f"a new {target.tracker} in {self._place.name}")
        kept = Marker.parse(issue.field(self._field)) == draft.marker and issue.is_private >= target.private
        marker = draft.marker if kept else None
        return ticket_of(issue, self._api.base, marker, self._place.projects, closed)

    def close_duplicate(self, ticket: Ticket, words: str) -> None:
        """Note and status in one change. A success says nothing: so the issue is read again."""
        path = f"/issues/{ticket.ref.id}.json"
        said, closed = self._state(path)
        change: dict[str, Any] = {} if said(words) else {"notes": words}
        if not closed:
            change["status_id"] = min(self._place.closed())
        if not change:
            return
        reply = self._api.change(path, {"issue": change})
        if reply.status not in (200, 204):
            raise verdict.of_read(reply, f"closing {ticket.number}")
        said, closed = self._state(path)
        if not (closed and said(words)):
            raise Denied(
                f"Redmine says that it closed {ticket.number}, and shows it open",
                todo="Let the role's workflow close issues, or close it by hand.",
            )

    # -- inside ------------------------------------------------------------------------------------------------

    def _findings(self) -> Iterator[Finding]:
        me, project, name = self._place.account(), self._place.project(), self._place.name
        yield Finding(Level.OK, f"signed in as {me.login} on {netloc(self._api.base)}")
        public = project.get("is_public") is not False
        who = "public: anybody can read its tickets, but for private ones" if public else "not public"
        yield Finding(Level.OK, f"{name} is {who}", public=public and not all(one.private for one in self._targets))
        yield from self._rights()
        if not self._place.has_field(self._field):
            todo = "Give it to the project and the tracker, or set marker_field to another."
            yield Finding(Level.ERROR, f"{name} has no custom field number {self._field}", todo)
        for target in self._targets:
            self._place.tracker(target)
        if not self._api.base.startswith("https:"):
            what = "tickets have http links, which TMI refuses by default"
            yield Finding(Level.WARNING, what, "Serve Redmine over https, or allow the scheme in TMI.")

    def _rights(self) -> Iterator[Finding]:
        me, name = self._place.account(), self._place.name
        for needed, words in (("view_issues", "View issues"), ("add_issues", "Add issues")):
            if not me.may(needed):
                yield Finding(Level.ERROR, f"the account lacks in {name}: {words}", verdict.RIGHTS_TODO)
        if any(one.private for one in self._targets) and not self._may_hide():
            yield Finding(Level.ERROR, *self._public_todo())
        for needed, words in (("edit_issues", "Edit issues"), ("add_issue_notes", "Add notes")):
            if not me.may(needed):
                todo = "Without it a second ticket of a threat is reported, not closed."
                yield Finding(Level.WARNING, f"the account lacks in {name}: {words}", todo)

    def _may_hide(self) -> bool:
        return self._place.account().may("set_own_issues_private", "set_issues_private")

    def _public_todo(self) -> tuple[str, str]:
        what = f"the account's issues in {self._place.name} would not be private"
        return what, "Give its role the permission Set own issues public or private."

    def _body(self, draft: Draft, target: Target) -> dict[str, Any]:
        """What to POST. Raises Rejected, Denied or Unavailable: nothing is made then."""
        project = self._place.project()
        if not self._place.has_field(self._field):
            raise Denied(f"{self._place.name} has no custom field number {self._field}", todo="See check.")
        if target.private and not self._may_hide():
            what, todo = self._public_todo()
            raise Denied(what, todo=todo)
        body: dict[str, Any] = {
            "project_id": project["id"],
            "tracker_id": self._place.tracker(target),
            "subject": draft.title.replace("\0", "\ufffd"),
            "description": description_of(draft),
            "is_private": target.private,
            "custom_fields": [{"id": self._field, "value": draft.marker.block()}],
        }
        if draft.priority is not None:
            body["priority_id"] = self._place.priority(draft.priority)
        return body

    def _ticket(self, row: Any) -> Ticket:
        if (issue := issue_of(row)) is None:
            raise Unavailable("Redmine shows an issue without what every issue has")
        marker = marker_of(issue, self._field)
        return ticket_of(issue, self._api.base, marker, self._place.projects, self._place.closed())

    def _state(self, path: str) -> tuple[Callable[[str], bool], bool]:
        """Whether some words are among its notes, and whether it is closed."""
        row = self._api.shown(path, "issue", "the issue", {"include": "journals"})
        notes = [str(one.get("notes")) for one in row.get("journals") or [] if isinstance(one, dict)]
        return notes.__contains__, not self._ticket(row).open


def _all(where: dict[str, str]) -> dict[str, str]:
    return {"status_id": "*", "sort": "id", **where}
