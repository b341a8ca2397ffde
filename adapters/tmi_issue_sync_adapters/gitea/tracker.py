"""Gitea and Forgejo behind the tracker's door."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from tmi_issue_sync.errors import Denied, Rejected, TrackerError, Unavailable
from tmi_issue_sync.model import Draft, Finding, Gone, Level, Look, Marker, NotMine, Ticket, TicketRef
from tmi_issue_sync_adapters.wire.reach import netloc
from tmi_issue_sync_adapters.wire.reply import Reply, json_of

from . import closing, verdict
from .api import Api
from .checks import Checker
from .draft import labels_of, milestone_of, payload, target_of
from .issue import is_pull, place, ticket
from .listing import marked
from .options import Options, Target
from .repo import Labels, may_write, milestone_id, read_repo


class GiteaTracker:
    """The issues of one repository."""

    def __init__(self, options: Options, targets: tuple[Target, ...]) -> None:
        self._api = Api(options)
        self._targets = targets
        self._name = targets[0].repo
        self._labels = Labels(self._api, self._name)
        self._milestones: dict[str, int] = {}
        self._writes: bool | None = None
        """Like labels and milestones asked for once between two looks."""
        self._login: str | None = None
        self._urls: dict[str, str] = {}
        """Where the tickets are that this process has seen: the API reads none by its id."""

    def check(self) -> Iterable[Finding]:
        """Who we are, what the token and the account may do, what the repository is."""
        self._forget()
        checker = Checker(self._api, self._name, self._labels, self._account, self._may_write)
        return list(checker.findings(self._targets))

    def rehearse(self, draft: Draft) -> Iterable[Finding]:
        """Whether this draft could be kept as it is. Makes nothing."""
        try:
            target = target_of(draft, self._name)
            if (title := milestone_of(draft, target)) is not None:
                self._milestone(title)
        except (Rejected, Denied) as error:
            return [Finding(Level.ERROR, error.why, error.todo)]
        return [Finding(Level.OK, f"{self._name} can keep such a ticket")]

    def changed(self, since: datetime | None) -> Look:
        """What our account made; for a full look also what anybody made that carries the shared label."""
        self._forget()
        me = self._account()
        found = marked(self._api, self._name, self._labels, me, since)
        if why := read_repo(self._api, self._name).closed():  # lists are empty then, and no error
            raise Denied(why, todo="Switch its own issues on in its settings.")
        self._urls.update({ref.id: one.url for ref, one in found.tickets.items()})
        return Look(found.as_of, tuple(found.tickets.values()), me)

    def find(self, marker: Marker) -> Look:
        """The tickets with this marker among all of the repository's, which issues can't leave.

        There is a search across repositories too; its index is late and may have lost tickets, so it is never used.
        """
        look = self.changed(None)
        return replace(
            look, tickets=tuple(one for one in look.tickets if one.marker and one.marker.word == marker.word)
        )

    def get(self, ref: TicketRef | str) -> Ticket | Gone | NotMine:
        """An issue of any repository here, as it is now. By id only what this process has seen before."""
        host = netloc(self._api.site)
        url = ref if isinstance(ref, str) else self._urls.get(ref.id, "") if ref.host == host else ""
        if not url:
            return NotMine("no issue can be read by its id alone; its URL is needed")
        if (at := place(url, self._api.site)) is None:
            return NotMine(f"this is no URL of an issue on {host}")
        repo, number = at
        return self._shown(self._api.read(f"/repos/{repo}/issues/{number}"), repo, f"{repo}#{number}")

    def create(self, draft: Draft) -> Ticket:
        """One POST, once labels and milestone are there for it."""
        target = target_of(draft, self._name)
        body = payload(draft, target)
        self._require(draft)
        body["labels"] = [*self._labels.ids(labels_of(draft))]
        if (title := milestone_of(draft, target)) is not None:
            body["milestone"] = self._milestone(title)
        reply = self._api.post(f"/repos/{self._name}/issues", body, draft.request_id)
        made = ticket(json_of(reply), self._api.site) if reply.status == 201 else None
        if made is None:
            moved_to = self._present_name() if 300 <= reply.status < 400 else None
            raise verdict.of_create(reply, self._name, moved_to)
        self._urls[made.ref.id] = made.url
        kept = made.marker if made.marker == draft.marker else None
        return replace(made, marker=kept, request_id=verdict.request_id(reply))

    def close_duplicate(self, ticket: Ticket, words: str) -> None:
        """Comment once, then close it; there is no reason to give beside the comment."""
        closing.close(self._api, ticket, words)

    # -- inside ------------------------------------------------------------------------------------------------

    def _require(self, draft: Draft) -> None:
        """What would else be dropped in silence, or be read by everybody."""
        if draft.confidential and not read_repo(self._api, self._name).private:
            todo = "Make the repository private, or route confidential threat models elsewhere."
            raise Denied(f"a confidential ticket is not for {self._name}, which is not private", todo=todo)
        if not self._may_write():
            why = f"labels of this account's tickets would be dropped in {self._name}"
            raise Denied(why, todo=verdict.RIGHTS_TODO)

    def _may_write(self) -> bool:
        if self._writes is None:
            self._writes = may_write(self._api, self._name)
        return self._writes

    def _forget(self) -> None:
        self._labels.forget()
        self._milestones.clear()
        self._writes = None

    def _milestone(self, title: str) -> int:
        if title not in self._milestones:
            self._milestones[title] = milestone_id(self._api, self._name, title)
        return self._milestones[title]

    def _shown(self, reply: Reply, repo: str, name: str) -> Ticket | Gone | NotMine:
        said = verdict.words(reply)
        if reply.status == 404 and said is not None:
            return self._absent(repo, name, said)
        row = self._api.json_of(reply, f"the issue {name}")
        if is_pull(row):
            return NotMine(f"{name} is a pull request")
        if (found := ticket(row, self._api.site)) is None:
            raise Unavailable(f"the server shows {name} without what every issue has")
        self._urls[found.ref.id] = found.url
        return found

    def _absent(self, repo: str, name: str, said: str) -> Gone:
        """A 404 is also what all issues of a repository answer that keeps none any more."""
        if repo.lower() == self._name.lower():
            why = read_repo(self._api, repo).closed()
        else:
            shown = self._api.read(f"/repos/{repo}")
            why = read_repo(self._api, repo).closed() if shown.status == 200 else None
        if why:
            raise Denied(f"{name} can't be read: {why}", todo="Switch its own issues on in its settings.")
        return Gone(f"the server says of {name}: {said}")

    def _account(self) -> str:
        if self._login is None:
            user = self._api.read_json("/user", "the token's account")
            login = user.get("login") if isinstance(user, dict) else None
            if not isinstance(login, str) or not login:
                raise Unavailable("the server does not say whose token this is")
            self._login = login
        return self._login

    def _present_name(self) -> str | None:
        try:
            return read_repo(self._api, self._name).full_name
        except TrackerError:
            return None
