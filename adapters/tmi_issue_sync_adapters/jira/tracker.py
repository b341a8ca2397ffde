"""Jira behind the tracker's door."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tmi_issue_sync.errors import Denied, Unavailable
from tmi_issue_sync.model import Draft, Finding, Gone, Json, Look, Marker, NotMine, Ticket, TicketRef
from tmi_issue_sync_adapters.wire.line import Line
from tmi_issue_sync_adapters.wire.reach import netloc
from tmi_issue_sync_adapters.wire.reply import Reply, date_of, json_of

from . import closing, verdict
from .account import Account, read_account
from .api import Api
from .checks import Checker
from .draft import SHARED_LABEL, Shaper, needs_meta, target_of
from .fields import Values
from .issue import ADAPTER, FIELDS, PROPERTY, link, marker_in, number_of, place, ticket
from .listing import Listed, search
from .meta import Metas
from .options import Options, Target
from .people import People
from .probe import newest


class JiraTracker:
    """The issues of one project."""

    def __init__(self, options: Options, targets: tuple[Target, ...]) -> None:
        self._api = Api(options)
        self._site = self._api.site
        self._targets = targets
        self._project = targets[0].project
        self._metas = Metas(self._api, self._project)
        self._people = People(self._api)
        self._known: Account | None = None
        self._keys: dict[str, str] = {}
        """Parents' keys by their ids, until the next look: a moved one gets another."""

    # -- finding out -------------------------------------------------------------------------------------------

    def check(self) -> Iterable[Finding]:
        """Who we are, what the project is, what it allows, and what it asks for."""
        with self._api.line() as line:
            return list(self._checker(line).findings(self._targets))

    def rehearse(self, draft: Draft) -> Iterable[Finding]:
        """What Jira would say to this draft, with the lines that would mend it. Makes nothing."""
        with self._api.line() as line:
            return list(self._checker(line).rehearsed(draft, self._shaper(line)))

    # -- looking -----------------------------------------------------------------------------------------------

    def changed(self, since: datetime | None) -> Look:
        """What carries the shared label or was made by our account, in the project, by anybody and in any state.

        A full look asks anew who we are: a profile's time zone may have changed, and queries are read in it.
        """
        if since is None:
            self._known = None
        with self._api.line() as line:
            me = self._account(line)
            self._keys.clear()
            listed = self._listed(line, me, since)
            if not listed.rows:
                self._prove(line)
            return Look(listed.as_of, tuple(self._marked(line, listed.rows)), me.id)

    def find(self, marker: Marker) -> Look:
        """The tickets with this marker, in the widest scope that Jira has.

        Three ways, since each has its blind spot. The site's text index knows a ticket wherever it was moved, but
        only while its text still has the marker. The project's listing knows it by label or author even then. Both
        are indexes, and may be late. The third are reads by key of everything made in the project in the last day,
        which come from no index: they make "none" true (protocol Do3) even where an index lags for longer than
        `lag` says. What they can't reach is a ticket that lost its marker and was moved at once.
        """
        with self._api.line() as line:
            me = self._account(line)
            found = search(self._api, line, f'text ~ "{marker.word}" ORDER BY created ASC', "the marker")
            rows = {row["id"]: row for row in (*found.rows, *self._listed(line, me, None).rows)}
            for row in newest(self._api, line, me, self._project, found.as_of):
                rows[str(row.get("id"))] = row
            self._prove(line)
            tickets = [
                one for one in self._marked(line, rows.values()) if one.marker and one.marker.word == marker.word
            ]
            return Look(found.as_of, tuple(sorted(tickets, key=lambda one: one.created_at)), me.id)

    def get(self, ref: TicketRef | str) -> Ticket | Gone | NotMine:
        """An issue of any project here, as it is now; one that has moved is shown at its new key."""
        if isinstance(ref, str):
            ident = place(ref, self._site)
        else:
            ident = ref.id if ref.host == netloc(self._site) and ref.id.isdecimal() else None
        if ident is None:
            return NotMine(f"this is no issue on {netloc(self._site)}")
        with self._api.line() as line:
            reply = self._issue(line, ident)
        if (said := verdict.unseen(reply)) is not None:
            return Gone(f"Jira says of {ident}: {said}")
        row = self._api.json_of(reply, f"the issue {ident}")
        if (found := ticket(row, self._site)) is None:
            raise Unavailable(f"Jira shows {ident} without what every issue has")
        return found

    # -- making ------------------------------------------------------------------------------------------------

    def create(self, draft: Draft) -> Ticket:
        """One POST, with the marker in the text and as a property. Jira's answer to it says no more than a key."""
        target = target_of(draft, self._project)
        with self._api.line() as line:
            me = self._account(line)
            meta = (
                self._metas.of(line, target.issue_type)
                if needs_meta(draft, target, cloud=self._api.cloud)
                else None
            )
            payload = self._shaper(line).payload(draft, target, meta)
        started = time.monotonic()
        reply = self._api.post("issue", payload.body, draft.request_id)
        made = json_of(reply) if reply.status == 201 else None
        ident, key = (made.get("id"), made.get("key")) if isinstance(made, dict) else (None, None)
        if not isinstance(ident, str) or not ident.isdecimal() or number_of(key) is None:
            known = self._metas.known(target.issue_type)
            names: Mapping[str, str] = known.names if known else {}
            raise verdict.of_create(reply, f"a new {target.issue_type} in {self._project}", payload.brought, names)
        # Not later than it was made: a list that begins at this moment must show it.
        took = timedelta(seconds=time.monotonic() - started + 1)
        return Ticket(
            ref=TicketRef(ADAPTER, netloc(self._site), ident),
            project=self._project,
            number=str(key),
            url=link(self._site, str(key)),
            marker=draft.marker,
            author=me.id,
            created_at=(date_of(reply) or datetime.now(UTC)) - took,
            open=True,
            request_id=verdict.request_id(reply),
        )

    def close_duplicate(self, ticket: Ticket, words: str) -> None:
        """Comment once, then bring it to a status that counts as done, and link it to the other one."""
        with self._api.line() as line:
            closing.close(self._api, line, ticket, words)

    # -- inside ------------------------------------------------------------------------------------------------

    def _account(self, line: Line) -> Account:
        if self._known is None:
            self._known = read_account(self._api, line)
        return self._known

    def _checker(self, line: Line) -> Checker:
        return Checker(self._api, line, self._metas, self._project, self._account)

    def _shaper(self, line: Line) -> Shaper:
        def person(text: str) -> Json:
            return self._people.of(line, text)

        def key_of(ref: TicketRef) -> str:
            if ref.id not in self._keys:
                found = ticket(self._api.json_of(self._issue(line, ref.id), "the parent"), self._site)
                if found is None:
                    raise Unavailable("Jira shows the parent without what every issue has")
                self._keys[ref.id] = found.number
            return self._keys[ref.id]

        return Shaper(self._project, self._api.cloud, Values(self._api.cloud, datetime.now(UTC), person), key_of)

    def _listed(self, line: Line, me: Account, since: datetime | None) -> Listed:
        who = f"labels = {SHARED_LABEL} OR reporter = currentUser() OR creator = currentUser()"
        mine = f'project = "{self._project}" AND ({who})'
        late = f' AND updated >= "{me.minute(since)}"' if since is not None else ""
        what = f"the issues of {self._project}"
        return search(self._api, line, f"{mine}{late} ORDER BY created ASC", what)

    def _prove(self, line: Line) -> None:
        """An empty list is true only of a project that is there and open: an archived one hides all it has."""
        what = f"the project {self._project}"
        project: Any = self._api.read_json(line, f"project/{self._project}", what)
        if not isinstance(project, dict) or project.get("key") != self._project:
            raise Denied(
                f"Jira shows another project for {self._project}", todo="Set the target's project to its key."
            )
        if project.get("archived") is True:
            raise Denied(
                f"{self._project} is archived, and its issues are hidden", todo="Restore it, or name another."
            )

    def _marked(self, line: Line, rows: Iterable[Mapping[str, Any]]) -> Iterator[Ticket]:
        for row in rows:
            found = ticket(self._with_property(line, row), self._site)
            if found is None:
                raise Unavailable(f"Jira lists an issue ({row.get('key')}) that lacks what every issue has")
            if found.marker is not None:
                yield found

    def _with_property(self, line: Line, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """Lists of an old Data Center show no properties: asked for where our label is and the text is not ours."""
        labels = (row.get("fields") or {}).get("labels") or []
        if "properties" in row or SHARED_LABEL not in labels:
            return row
        found = ticket(row, self._site)
        if found is None or found.marker is not None:
            return row
        reply = self._api.read(line, f"issue/{row['id']}/properties/{PROPERTY}")
        value = json_of(reply).get("value") if reply.status == 200 and isinstance(json_of(reply), dict) else None
        if marker_in(value) is None and reply.status != 404:
            self._api.json_of(reply, f"the property of {found.number}")
        return {**row, "properties": {PROPERTY: value}}

    def _issue(self, line: Line, ident: str) -> Reply:
        return self._api.read(line, f"issue/{ident}", {"fields": ",".join(FIELDS), "properties": PROPERTY})
