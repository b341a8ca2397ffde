"""The sandbox's GitHub as a whole: the door to it, and what people do to it."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from tmi_issue_sync.sandbox.github import pages, rest
from tmi_issue_sync.sandbox.github.apps import App, Apps
from tmi_issue_sync.sandbox.github.call import Call, Settings
from tmi_issue_sync.sandbox.github.checks import Refused, user_of
from tmi_issue_sync.sandbox.github.limits import Limits
from tmi_issue_sync.sandbox.github.model import Issue, Repo, User
from tmi_issue_sync.sandbox.github.store import Store
from tmi_issue_sync.sandbox.github.views import Views
from tmi_issue_sync.sandbox.wire import Clock, CommitLog, Reply, Request, utcnow

NO_AGENT = (
    "Request forbidden by administrative rules. Please make sure your request has a User-Agent header "
    "(https://docs.github.com/en/rest/overview/resources-in-the-rest-api#user-agent-required)."
)
API_ROOTS = frozenset({"app", "repos", "repositories", "user", "users", "rate_limit", "meta"})
"""Where the API begins if it shares its host with the pages; no account may have such a name."""


class GitHubSite:
    """A GitHub with one repository to begin with. Without a prefix it speaks as api.github.com does."""

    name = "github"

    def __init__(
        self,
        *,
        log: CommitLog,
        clock: Clock = utcnow,
        repo: str = "example/threats",
        private: bool = True,
        prefix: str = "/api/v3",
        lag: float = 0.0,
        hourly_limit: int = 5000,
        reject_unknown_labels: bool = False,
    ) -> None:
        self.clock = clock
        self._prefix = prefix
        self._settings = Settings(timedelta(seconds=lag), reject_unknown_labels)
        self._limits = Limits(clock, hourly_limit)
        self._store = Store(log, clock)
        self._lock = threading.RLock()
        self._apps = Apps(clock)
        self._first = self.add_repo(repo, private=private)

    def __call__(self, request: Request) -> Reply:
        with self._lock:
            views = Views(request.base, self._prefix)
            if not self._is_api(request):
                return pages.page(self._store, views, request.path)
            return self._api(request, views)

    def add_user(
        self,
        login: str,
        *,
        push: bool = True,
        triage: bool | None = None,
        read_only: bool = False,
        repos: Iterable[str] | None = None,
    ) -> str:
        """A user, and a token of theirs. `triage` without `push` may set the labels that exist already; `repos`
        names the private repositories that they see (None: all)."""
        sees = None if repos is None else frozenset(repos)
        may = push or bool(triage)
        with self._lock:
            user = self._store.add_user(login, push=push, triage=may, read_only=read_only, sees=sees)
            # Only a token of the sandbox, so guessable and the same in every run; no real one looks like it.
            token = f"sandbox-{login.lower()}-{user.id}"
            self._store.tokens[token] = user
        return token

    def end_tokens(self) -> None:
        """Every installation's tokens end before their time."""
        with self._lock:
            self._apps.tokens.clear()

    def revoke(self, token: str) -> None:
        """End a token; its user stays."""
        with self._lock:
            del self._store.tokens[token]

    def add_app(self, slug: str, public_key: str, *, lives: float = 3600.0) -> App:
        """An App, installed for all repositories; its key is PEM. Its tokens live so many seconds."""
        with self._lock:
            bot = self._store.add_user(f"{slug}[bot]")
            number = 100 + len(self._apps.apps)
            app = App(number, slug, public_key, 7_000 + number, bot, lives)
            self._apps.apps[app.id] = app
            return app

    def add_repo(self, name: str, *, private: bool = True, has_issues: bool = True, archived: bool = False) -> str:
        """A repository "owner/name"; gives its name back."""
        with self._lock:
            repo = self._store.add_repo(name, private=private, has_issues=has_issues, archived=archived)
            return repo.full_name

    def set_repo(
        self,
        repo: str | None = None,
        *,
        private: bool | None = None,
        has_issues: bool | None = None,
        archived: bool | None = None,
    ) -> None:
        """Change what is given of a repository's settings."""
        with self._lock:
            found = self._repo(repo)
            found.private = found.private if private is None else private
            found.has_issues = found.has_issues if has_issues is None else has_issues
            found.archived = found.archived if archived is None else archived

    def set_lag(self, seconds: float) -> None:
        """For so long after its creation lists leave an issue out."""
        self._settings.lag = timedelta(seconds=seconds)

    def set_hourly_limit(self, limit: int) -> None:
        """The primary rate limit; 0 for none."""
        self._limits.hourly = limit

    def limit_creates(self, per_minute: int | None, *, status: int = 403, retry_after: int | None = 60) -> None:
        """The secondary rate limit on what is created; None for none."""
        with self._lock:
            self._limits.creates_per_minute = per_minute
            self._limits.secondary_status, self._limits.retry_after = status, retry_after

    def close(self, number: int, reason: str = "completed", repo: str | None = None) -> None:
        """A person closes an issue."""
        with self._lock:
            self._store.close(self._issue(number, repo), self._store.human, reason)

    def reopen(self, number: int, repo: str | None = None) -> None:
        """A person reopens an issue."""
        with self._lock:
            self._store.reopen(self._issue(number, repo), self._store.human)

    def delete(self, number: int, repo: str | None = None) -> None:
        """A person deletes an issue."""
        with self._lock:
            self._store.delete(self._issue(number, repo))

    def transfer(self, number: int, to_repo: str, repo: str | None = None) -> int:
        """A person moves an issue to another repository; its number there."""
        with self._lock:
            issue = self._issue(number, repo)
            self._store.transfer(issue, self._repo(to_repo))
            return issue.number

    def edit(
        self,
        number: int,
        title: str | None = None,
        body: str | None = None,
        labels: Iterable[str] | None = None,
        repo: str | None = None,
    ) -> None:
        """A person changes what is given."""
        with self._lock:
            issue, human = self._issue(number, repo), self._store.human
            kept = issue.labels
            if labels is not None:
                kept = [self._store.label(issue.repo, name, human) for name in labels]
            title, body = issue.title if title is None else title, issue.body if body is None else body
            self._store.edit(issue, human, title=title, body=body, labels=kept)

    def clone(self, number: int, repo: str | None = None, author: str | None = None) -> int:
        """A person, or `author`'s automation, files an issue with the same title, body and labels; its number."""
        with self._lock:
            source = self._issue(number, repo)
            maker = self._store.owner(author) if author else self._store.human
            copy = self._store.create(source.repo, maker, source.title, source.body)
            copy.labels = list(source.labels)
            self._store.commit(copy)
            return copy.number

    def file(self, title: str, body: str | None = None, repo: str | None = None) -> int:
        """A person files an issue; its number."""
        with self._lock:
            issue = self._store.create(self._repo(repo), self._store.human, title, body)
            self._store.commit(issue)
            return issue.number

    def comment(self, number: int, body: str, repo: str | None = None) -> None:
        """A person comments on an issue."""
        with self._lock:
            self._store.comment(self._issue(number, repo), self._store.human, body)

    def add_pull(self, title: str = "A change", body: str | None = None, repo: str | None = None) -> int:
        """A person opens a pull request; its number, which is one of the issues' numbers."""
        with self._lock:
            pull = self._store.create(self._repo(repo), self._store.human, title, body, pull=True)
            self._store.commit(pull)
            return pull.number

    def rename_repo(self, old: str, new: str) -> None:
        """A person renames a repository, which keeps its owner."""
        with self._lock:
            self._store.rename(self._repo(old), new)

    def issues(self, repo: str | None = None) -> list[dict[str, Any]]:
        """The issues that exist, in the order of their creation; of all repositories if none is named."""
        with self._lock:
            repos = list(self._store.repos.values()) if repo is None else [self._repo(repo)]
            return [issue.facts() for found in repos for issue in found.living() if not issue.pull]

    def _is_api(self, request: Request) -> bool:
        if self._prefix:
            return request.path == self._prefix or request.path.startswith(f"{self._prefix}/")
        if request.path == "/":
            return "text/html" not in request.headers.get("accept", "")
        return request.path.split("/")[1] in API_ROOTS

    def _api(self, request: Request, views: Views) -> Reply:
        if not request.headers.get("user-agent"):
            return Reply(403, NO_AGENT, content_type="text/plain; charset=utf-8")
        user: User | None = None
        path = request.path[len(self._prefix) :]
        try:
            if self._apps.concerns(path):
                return self._apps.answer(request, path)
            user = user_of(request, self._store.tokens | self._apps.living())
            refused = self._limits.spend(user) if path != "/rate_limit" else None
            call = Call(request, user, views, self._store, self._limits, self._settings, self.clock)
            reply = refused or rest.answer(call, path)
        except Refused as error:
            reply = error.reply
        reply.headers = self._limits.headers(user) | {"X-GitHub-Media-Type": "github.v3"} | reply.headers
        return reply

    def _repo(self, name: str | None) -> Repo:
        repo = self._store.repo(name or self._first)
        if repo is None:
            raise KeyError(name)
        return repo

    def _issue(self, number: int, repo: str | None) -> Issue:
        issue = self._repo(repo).issues.get(number)
        if not isinstance(issue, Issue):
            raise KeyError(number)
        return issue
