"""GitHub behind the tracker's door."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from tmi_issue_sync.errors import Denied, Rejected, TrackerError, Unavailable
from tmi_issue_sync.model import Draft, Finding, Gone, Level, Look, Marker, NotMine, Ticket, TicketRef
from tmi_issue_sync_adapters.wire.line import Line
from tmi_issue_sync_adapters.wire.reply import Reply, json_of

from . import verdict
from .api import Api
from .checks import findings
from .draft import payload
from .issue import is_pull, place, ticket
from .listing import SHARED_LABEL, Listing
from .options import Options, Target, host
from .repo import read_repo, repo_of


class GitHubTracker:
    """The issues of one repository."""

    def __init__(self, options: Options, target: Target) -> None:
        self._api = Api(options)
        self._host = host(options)
        self._repo = target.repo
        self._pause = options.seconds_between_writes
        self._next_write = 0.0
        self._login: str | None = None
        self._urls: dict[str, str] = {}
        """Where the tickets that this process has seen were then: the API reads none by its id."""

    def check(self) -> Iterable[Finding]:
        """Who we are, what the repository is, and whether tickets and links would be kept there."""
        with self._api.line() as line:
            return findings(self._api, line, self._repo, self._host, self._account)

    def changed(self, since: datetime | None) -> Look:
        """What our account made; for a full look also what anybody made that carries the shared label."""
        with self._api.line() as line:
            me = self._account(line)
            filters = [{"creator": me}] if since is not None else [{"creator": me}, {"labels": SHARED_LABEL}]
            listed = [Listing(self._api, self._repo, self._host, where, since).read(line) for where in filters]
            tickets = {ref: one for each in listed for ref, one in each.tickets.items()}
            if not tickets:  # switched-off issues are an empty list, and no error
                read_repo(self._api, line, self._repo).require_issues("tickets")
        self._urls.update({ref.id: one.url for ref, one in tickets.items()})
        return Look(listed[0].as_of, tuple(tickets.values()), me)

    def find(self, marker: Marker) -> Look:
        """The tickets with this marker among all of the repository's.

        That is as wide as GitHub's listings go. Its search reaches further, but shows new issues late and drops
        them at will, so that its "none" proves nothing: it is never used.
        """
        look = self.changed(None)
        return replace(
            look, tickets=tuple(one for one in look.tickets if one.marker and one.marker.word == marker.word)
        )

    def get(self, ref: TicketRef | str) -> Ticket | Gone | NotMine:
        """An issue of any repository here, as it is now. By id only what this process has seen before."""
        url = ref if isinstance(ref, str) else self._urls.get(ref.id, "") if ref.host == self._host else ""
        if not url:
            return NotMine("GitHub reads no issue by its id alone; its URL is needed")
        if (at := place(url, self._host)) is None:
            return NotMine(f"this is no URL of an issue on {self._host}")
        repo, number = at
        with self._api.line() as line:
            reply = self._api.read(line, f"/repos/{repo}/issues/{number}")
            return self._shown(line, reply, repo, f"{repo}#{number}")

    def create(self, draft: Draft) -> Ticket:
        """One POST."""
        body = payload(draft, self._repo)
        if draft.confidential:
            self._refuse_public()
        time.sleep(max(0.0, self._next_write - time.monotonic()))
        try:
            reply = self._api.post(f"/repos/{self._repo}/issues", body, draft.request_id)
        finally:
            self._next_write = time.monotonic() + self._pause
        return self._made(reply, draft)

    def rehearse(self, draft: Draft) -> Iterable[Finding]:
        """What no issue could keep. Asks nothing: GitHub has no way to try."""
        try:
            payload(draft, self._repo)
        except Rejected as error:
            return [Finding(Level.ERROR, error.why, "Take that out of the tracker's table, or out of the route's.")]
        return [Finding(Level.OK, f"{self._repo} can keep these tickets")]

    def close_duplicate(self, ticket: Ticket, words: str) -> None:
        """Comment once, then close; an old Enterprise Server that knows no "duplicate" hears "not planned"."""
        at = place(ticket.url, self._host)
        if at is None:
            raise Denied(f"{ticket.url} is no issue on {self._host}")
        path, what = f"/repos/{at[0]}/issues/{at[1]}", f"{at[0]}#{at[1]}"
        with self._api.line() as line:
            said = self._api.read_json(line, f"{path}/comments", f"the comments of {what}", {"per_page": "100"})
            if not any(isinstance(each, dict) and each.get("body") == words for each in said):
                reply = self._api.change(line, "POST", f"{path}/comments", {"body": words})
                if reply.status != 201:
                    raise verdict.of_read(reply, f"a comment on {what}")
            for reason in ("duplicate", "not_planned"):
                reply = self._api.change(line, "PATCH", path, {"state": "closed", "state_reason": reason})
                if reply.status != 422:
                    break
        if reply.status != 200:
            raise verdict.of_read(reply, f"closing {what}")

    def nest(self, child: TicketRef, parent: str) -> None:
        """Make it a sub-issue; of an issue that is one already, GitHub says so, and all is well."""
        at = place(parent, self._host)
        if at is None:
            raise Rejected(f"{parent} is no issue on {self._host}")
        path, what = f"/repos/{at[0]}/issues/{at[1]}/sub_issues", f"the sub-issues of {at[0]}#{at[1]}"
        with self._api.line() as line:
            reply = self._api.change(line, "POST", path, {"sub_issue_id": int(child.id)})
            if reply.status in (404, 410, 422) and verdict.limited(reply) is None:
                below = self._api.read(line, path, {"per_page": "100"})
                rows = json_of(below) if below.status == 200 else None
                if any(isinstance(row, dict) and str(row.get("id")) == child.id for row in rows or ()):
                    return
                raise Rejected(f"GitHub takes no sub-issue there ({verdict.words(reply)})")
        if reply.status != 201:
            raise verdict.of_read(reply, what)

    def _made(self, reply: Reply, draft: Draft) -> Ticket:
        row = json_of(reply) if reply.status == 201 else None
        made = ticket(row, self._host, verdict.request_id(reply))
        if made is None:
            moved_to = self._present_name() if 300 <= reply.status < 400 else None
            raise verdict.of_create(reply, self._repo, moved_to)
        self._urls[made.ref.id] = made.url
        return made if made.marker == draft.marker else replace(made, marker=None)

    def _shown(self, line: Line, reply: Reply, repo: str, name: str) -> Ticket | Gone | NotMine:
        said, ours = verdict.words(reply), repo.lower() == self._repo.lower()
        unseen = (404, 410) if ours else (403, 404, 410, 451)
        if said is not None and reply.status in unseen and verdict.limited(reply) is None:
            self._require_issues(line, repo, name, ours)
            return Gone(f"GitHub says of {name}: {said}")
        row = self._api.json_of(reply, f"the issue {name}")
        if is_pull(row):
            return NotMine(f"{name} is a pull request")
        if (found := ticket(row, self._host)) is None:
            raise Unavailable(f"GitHub shows {name} without what every issue has")
        self._urls[found.ref.id] = found.url
        return found

    def _require_issues(self, line: Line, repo: str, name: str, ours: bool) -> None:
        """A 410 is also what every issue answers whose repository keeps none any more. Raises Denied then."""
        shown = self._api.read(line, f"/repos/{repo}")
        if ours or shown.status == 200:
            repo_of(self._api, shown, repo).require_issues(name)

    def _account(self, line: Line) -> str:
        if self._login is None:
            self._login = self._api.account(line)
        return self._login

    def _refuse_public(self) -> None:
        with self._api.line() as line:
            private = read_repo(self._api, line, self._repo).private
        if not private:
            raise Denied(
                f"a confidential ticket is not for {self._repo}, which is public",
                todo="Make the repository private, or route confidential threat models elsewhere.",
            )

    def _present_name(self) -> str | None:
        try:
            with self._api.line() as line:
                return read_repo(self._api, line, self._repo).full_name
        except TrackerError:
            return None
