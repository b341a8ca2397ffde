"""Azure DevOps behind the tracker's door."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from tmi_issue_sync.errors import Denied, Unavailable
from tmi_issue_sync.model import Draft, Finding, Gone, Look, Marker, NotMine, Ticket, TicketRef
from tmi_issue_sync_adapters.wire.reach import netloc
from tmi_issue_sync_adapters.wire.reply import json_of

from . import closing, verdict
from .account import Account, read_account
from .api import Api, of_project
from .checks import Checker, create_path, read_project, visibility_of
from .draft import payload, target_of
from .item import number_of, place, ticket
from .listing import Listing
from .meta import Metas
from .options import Options, Target


class AzureTracker:
    """The work items of one project."""

    def __init__(self, options: Options, targets: tuple[Target, ...]) -> None:
        self._api = Api(options)
        self._site = self._api.site
        self._targets = targets
        self._project = targets[0].project
        self._metas = Metas(self._api, self._project)
        self._listing = Listing(self._api)
        self._known: Account | None = None

    # -- finding out -------------------------------------------------------------------------------------------

    def check(self) -> Iterable[Finding]:
        """Who we are, what the project is, and what it asks for."""
        return list(self._checker().findings(self._targets))

    def rehearse(self, draft: Draft) -> Iterable[Finding]:
        """What Azure DevOps would say to this draft, with the lines that would mend it. Makes nothing."""
        return list(self._checker().rehearsed(draft))

    # -- looking -----------------------------------------------------------------------------------------------

    def changed(self, since: datetime | None) -> Look:
        """What carries the shared tag or was made by our account, in the project, by anybody and in any state.

        An empty list is one of a project that we see: a query names it in its path, and is refused where we don't.
        """
        me = self._account()
        listed = self._listing.read(self._project, since)
        return Look(listed.as_of, tuple(self._marked(listed.rows)), me.id)

    def find(self, marker: Marker) -> Look:
        """The tickets with this marker in all projects of the organization or collection that we see.

        By tag or author, from the database: its index of texts shows new work items late, and is not used. What it
        can't reach is what somebody made and took the tag away from.
        """
        me = self._account()
        listed = self._listing.read(None, None)
        read_project(self._api, self._project)  # a query in no project is not refused where we don't see this one
        found = (one for one in self._marked(listed.rows) if one.marker and one.marker.word == marker.word)
        return Look(listed.as_of, tuple(found), me.id)

    def get(self, ref: TicketRef | str) -> Ticket | Gone | NotMine:
        """A work item of any project here, as it is now: one that was moved keeps its number."""
        number = place(ref, self._site) if isinstance(ref, str) else number_of(ref, self._site)
        if number is None:
            return NotMine(f"this is no work item on {netloc(self._site)}{self._site.path}")
        row = self._listing.one(number)
        if isinstance(row, str):
            return Gone(f"{self._bin(number)}Azure DevOps says of {number}: {row}")
        if (found := ticket(row, self._site, self._metas.is_open)) is None:
            raise Unavailable(f"Azure DevOps shows {number} without what every work item has")
        return found

    # -- making ------------------------------------------------------------------------------------------------

    def create(self, draft: Draft) -> Ticket:
        """One POST with everything, the parent's link too."""
        target = target_of(draft, self._project)
        kinds = self._metas.kinds() if draft.fields else {}
        made = payload(draft, target, self._metas.of(target.type), kinds, self._site)
        if draft.confidential:
            self._refuse_public()
        reply = self._api.post(create_path(self._project, target.type), made.patch, draft.request_id)
        row = json_of(reply) if reply.status == 200 else None
        found = ticket(row, self._site, _is_open_when_new, verdict.request_id(reply))
        if found is None:
            raise verdict.of_create(reply, f"a new {target.type} in {self._project}", made.brought)
        return found if found.marker == draft.marker else replace(found, marker=None)

    def close_duplicate(self, ticket: Ticket, words: str) -> None:
        """Bring it to a state that counts as done, and say why, in one change."""
        if (number := number_of(ticket.ref, self._site)) is None:
            raise Denied(f"{ticket.url} is no work item on {netloc(self._site)}{self._site.path}")
        closing.close(self._api, self._listing, self._metas, number, words)

    # -- inside ------------------------------------------------------------------------------------------------

    def _account(self) -> Account:
        if self._known is None:
            self._known = read_account(self._api)
        return self._known

    def _checker(self) -> Checker:
        return Checker(self._api, self._metas, self._project, self._account)

    def _marked(self, rows: Iterable[Mapping[str, Any]]) -> Iterator[Ticket]:
        for row in rows:
            found = ticket(row, self._site, self._metas.is_open)
            if found is None:
                raise Unavailable(f"Azure DevOps lists {row.get('id')} without what every work item has")
            if found.marker is not None:
                yield found

    def _bin(self, number: int) -> str:
        """Whether it lies in the recycle bin, for people; who may not look there is told less."""
        reply = self._api.read(
            of_project(self._project, f"wit/recyclebin/{number}"), f"the recycle bin for {number}"
        )
        data = json_of(reply) if reply.status == 200 else None
        if not isinstance(data, dict) or data.get("id") != number:
            return ""
        return f"it is in the recycle bin since {data.get('deletedDate')}. "

    def _refuse_public(self) -> None:
        if visibility_of(self._api, read_project(self._api, self._project)) in ("private", "organization"):
            return
        raise Denied(
            f"a confidential ticket is not for {self._project}, which is public",
            todo="Make the project private, or route confidential threat models elsewhere.",
        )


def _is_open_when_new(_project: str, _kind: str, _state: str) -> bool:
    return True
