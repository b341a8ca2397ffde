"""The sandbox's Gitea or Forgejo as a whole: the door to it, and what people do to it."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from tmi_issue_sync.sandbox.gitea import pages, rest
from tmi_issue_sync.sandbox.gitea.call import Call, Settings
from tmi_issue_sync.sandbox.gitea.checks import BROKEN, Refused, token_of
from tmi_issue_sync.sandbox.gitea.model import Flavour, Issue, Repo, Role, Token
from tmi_issue_sync.sandbox.gitea.store import Store
from tmi_issue_sync.sandbox.gitea.views import PREFIX, Views
from tmi_issue_sync.sandbox.wire import Clock, CommitLog, Reply, Request, utcnow

SCOPES = ("read:user", "read:repository", "write:issue")


class GiteaSite:
    """A server of either flavour, with one repository to begin with. `name` is the flavour."""

    def __init__(
        self,
        *,
        log: CommitLog,
        clock: Clock = utcnow,
        flavour: Flavour = "gitea",
        repo: str = "example/threats",
        private: bool = True,
        root: str | None = None,
    ) -> None:
        self.name: str = flavour
        self.clock = clock
        self.settings = Settings(flavour, root)
        self._store = Store(log, clock, flavour)
        self._lock = threading.RLock()
        self._first = self.add_repo(repo, private=private)

    def __call__(self, request: Request) -> Reply:
        with self._lock:
            views = Views(self.settings.root or request.base)
            if self.settings.refuses and request.method == "POST" and request.path.endswith("/issues"):
                return self.settings.refuses
            if not request.path.startswith(f"{PREFIX}/"):
                return pages.page(self._store, views, request.path)
            try:
                token = token_of(request, self._store.tokens, self.settings.flavour)
                call = Call(request, token, views, self._store, self.settings, self.clock)
                return rest.answer(call, request.path[len(PREFIX) :])
            except Refused as error:
                reply = error.reply
        if isinstance(reply.body, dict) and reply.body != BROKEN:
            reply.body = reply.body | {"url": f"{views.root}/api/swagger"}
        return reply

    # -- who is there, and how it is set up ----------------------------------------------------------------

    def add_user(
        self, login: str, *, role: Role = "write", scopes: Iterable[str] = SCOPES, suspended: bool = False
    ) -> str:
        """A user, and a token of theirs."""
        with self._lock:
            user = self._store.add_user(login, role=role, suspended=suspended)
            # Only a token of the sandbox, so guessable and the same in every run; no real one looks like it.
            secret = f"sandbox-{login.lower()}-{user.id}"
            self._store.tokens[secret] = Token(user, frozenset(scopes))
        return secret

    def revoke(self, token: str) -> None:
        """End a token; its user stays."""
        with self._lock:
            del self._store.tokens[token]

    def add_repo(self, name: str, *, private: bool = True) -> str:
        """A repository "owner/name"; gives its name back."""
        with self._lock:
            return self._store.add_repo(name, private=private).full_name

    def set_repo(self, repo: str | None = None, /, **settings: bool) -> None:
        """Change a repository's settings: private, has_issues, external_tracker, archived."""
        with self._lock:
            for name, value in settings.items():
                if name not in ("private", "has_issues", "external_tracker", "archived"):
                    raise KeyError(name)
                setattr(self._repo(repo), name, value)

    def rename_repo(self, old: str, new: str) -> None:
        """A person renames a repository, or gives it to another owner."""
        with self._lock:
            self._store.rename(self._repo(old), new)

    def add_label(self, name: str, repo: str | None = None) -> int:
        """A person makes a label, even if there is one of this name; its id."""
        with self._lock:
            return self._store.label(self._repo(repo), name, self._store.human).id

    def add_shared_label(self, owner: str, name: str) -> int:
        """A label of an organisation; its id."""
        with self._lock:
            return self._store.shared_label(owner, name).id

    def add_milestone(self, title: str, repo: str | None = None) -> int:
        """A person makes a milestone; its id."""
        with self._lock:
            return self._store.milestone(self._repo(repo), title).id

    def set_lag(self, seconds: float) -> None:
        """For so long after its creation lists leave an issue out."""
        self.settings.lag = timedelta(seconds=seconds)

    def limit(self, *, retry_after: int | None) -> None:
        """A proxy in front has its own rate limit, and lets no new issue through. The server itself has none."""
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        page = "<html><head><title>429 Too Many Requests</title></head></html>"
        self.settings.refuses = Reply(429, page, headers, "text/html")

    # -- what people do to issues --------------------------------------------------------------------------

    def close(self, number: int, repo: str | None = None) -> None:
        with self._lock:
            self._store.close(self._issue(number, repo), self._store.human)

    def reopen(self, number: int, repo: str | None = None) -> None:
        with self._lock:
            self._store.reopen(self._issue(number, repo), self._store.human)

    def delete(self, number: int, repo: str | None = None) -> None:
        with self._lock:
            self._store.delete(self._issue(number, repo))

    def block(self, number: int, repo: str | None = None) -> None:
        """An open issue keeps this one from being closed."""
        with self._lock:
            self._issue(number, repo).blocked = True

    def edit(
        self,
        number: int,
        title: str | None = None,
        body: str | None = None,
        labels: Iterable[str] | None = None,
        repo: str | None = None,
    ) -> None:
        """A person changes what is given; labels by the names of some that exist."""
        with self._lock:
            issue, human = self._issue(number, repo), self._store.human
            title, body = issue.title if title is None else title, issue.body if body is None else body
            self._store.edit(issue, human, title, body)
            if labels is not None:
                names = set(labels)
                self._store.relabel(issue, human, [one for one in issue.repo.labels if one.name in names])

    def clone(self, number: int, repo: str | None = None, author: str | None = None) -> int:
        """A person, or `author`'s automation, files an issue with the same title, body and labels; its number."""
        with self._lock:
            source = self._issue(number, repo)
            maker = self._store.owner(author) if author else self._store.human
            copy = self._store.draft(source.repo, maker, source.title, source.body)
            copy.labels = list(source.labels)
            self._store.commit(copy)
            return copy.number

    def comment(self, number: int, body: str, repo: str | None = None) -> None:
        with self._lock:
            self._store.comment(self._issue(number, repo), self._store.human, body)

    def add_pull(self, title: str = "A change", body: str = "", repo: str | None = None) -> int:
        """A person opens a pull request; its number, which is one of the issues' numbers."""
        with self._lock:
            pull = self._store.draft(self._repo(repo), self._store.human, title, body, pull=True)
            self._store.commit(pull)
            return pull.number

    def crash(self) -> None:
        """The server is killed: the index of keywords loses what it has just heard of."""
        with self._lock:
            now, everything = self.clock(), list(self._store.repos.values())
            young = [
                issue.id
                for repo in everything
                for issue in repo.issues.values()
                if now - issue.created_at < self.settings.index_lag
            ]
            self.settings.lost |= set(young)

    def issues(self, repo: str | None = None) -> list[dict[str, Any]]:
        """The issues that exist, in the order of their creation; of all repositories if none is named."""
        with self._lock:
            repos = list(self._store.repos.values()) if repo is None else [self._repo(repo)]
            return [issue.facts() for found in repos for issue in found.issues.values() if not issue.pull]

    def _repo(self, name: str | None) -> Repo:
        key = (name or self._first).casefold()
        return self._store.names.get(key) or self._store.former[key]

    def _issue(self, number: int, repo: str | None) -> Issue:
        return self._repo(repo).issues[number]
