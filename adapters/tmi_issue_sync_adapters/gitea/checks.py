"""What `check` finds out about a Gitea or Forgejo."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from tmi_issue_sync.errors import TrackerError
from tmi_issue_sync.model import Finding, Level
from tmi_issue_sync_adapters.wire.links import link_findings
from tmi_issue_sync_adapters.wire.reach import netloc

from . import verdict
from .api import Api
from .options import Target
from .repo import SHARED_LABEL, Labels, Repo, milestone_id, read_repo

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Checker:
    """Asks, and makes nothing."""

    api: Api
    repo: str
    labels: Labels
    account: Callable[[], str]
    may_write: Callable[[], bool]

    def findings(self, targets: Iterable[Target]) -> Iterator[Finding]:
        """One line each; the first that is an error of the way there ends it, but of scopes all that lack."""
        try:
            me = yield from self._within_scope(self.account)
            repo = yield from self._within_scope(lambda: read_repo(self.api, self.repo))
            writes = yield from self._within_scope(self.may_write)
            if me is None or repo is None or writes is None:
                return
            yield Finding(Level.OK, f"signed in as {me} on {netloc(self.api.site)}")
            yield from self._repository(repo)
            yield from link_findings(urlsplit(repo.html_url), netloc(self.api.site), "the server")
            if repo.closed() is None:
                yield from self._labels(repo, writes=writes)
                for title in dict.fromkeys(target.milestone for target in targets):
                    if title is not None:
                        milestone_id(self.api, self.repo, title)
        except TrackerError as error:
            yield Finding(Level.ERROR, error.why, error.todo)

    def _within_scope(self, ask: Callable[[], T]) -> Generator[Finding, None, T | None]:
        try:
            return ask()
        except verdict.ScopeMissing as error:
            yield Finding(Level.ERROR, error.why, error.todo)
            return None

    def _repository(self, repo: Repo) -> Iterator[Finding]:
        name = repo.full_name
        if name.lower() != self.repo.lower():
            yield Finding(
                Level.ERROR, f"{self.repo} has moved: it is {name} now", f'Set the target\'s repo = "{name}".'
            )
        if repo.private:
            yield Finding(Level.OK, f"{name} is private", public=False)
        elif repo.internal:
            yield Finding(Level.OK, f"{name} is internal: everybody signed in may read its tickets", public=False)
        else:
            yield Finding(Level.OK, f"{name} is public: anybody can read its tickets", public=True)
        if repo.archived:
            yield Finding(
                Level.ERROR, f"{name} is archived, and takes no tickets", "Unarchive it, or name another."
            )
        if why := repo.closed():
            yield Finding(Level.ERROR, why, "Switch its own issues on in its settings.")

    def _labels(self, repo: Repo, *, writes: bool) -> Iterator[Finding]:
        if not writes:
            what = (
                f"labels, assignees, milestones and due dates of this account's tickets are dropped in {self.repo}"
            )
            yield Finding(Level.ERROR, what, verdict.RIGHTS_TODO)
            return
        count = len(self.labels.named(SHARED_LABEL))
        if count > 1:
            what = f"{repo.full_name} has {count} labels {SHARED_LABEL!r}: lists by label hide the tickets of all"
            yield Finding(Level.WARNING, what, "Delete all but one. Until then the whole repository is read.")
        else:
            here = "is there" if count else "comes with the first ticket"
            yield Finding(Level.OK, f"this account may label: {SHARED_LABEL!r} {here}")
