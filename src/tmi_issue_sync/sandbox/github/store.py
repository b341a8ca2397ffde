"""The state of the sandbox's GitHub; whatever changes an issue ends in a commit to the log."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from tmi_issue_sync.sandbox.github.model import Comment, Deleted, Issue, Label, Moved, Repo, User
from tmi_issue_sync.sandbox.wire import Clock, CommitLog


class Store:
    """Users, repositories and issues. Callers have checked rights and values before they change anything."""

    def __init__(self, log: CommitLog, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self._ids = count(1_000_001)
        self.users: dict[str, User] = {}
        self.tokens: dict[str, User] = {}
        self.repos: dict[int, Repo] = {}
        self._names: dict[str, Repo] = {}
        self.human = self.add_user("human")

    def add_user(
        self,
        login: str,
        *,
        push: bool = True,
        triage: bool = True,
        read_only: bool = False,
        sees: frozenset[str] | None = None,
    ) -> User:
        """An account; for a login that is known, the same one with other rights."""
        known = self.users.get(login.casefold())
        user = User(known.id if known else next(self._ids), login, push, triage, read_only, sees)
        self.users[login.casefold()] = user
        return user

    def add_repo(self, full_name: str, *, private: bool, has_issues: bool, archived: bool) -> Repo:
        """A new, empty repository. It ends the redirect of one that had this name before."""
        login, _, name = full_name.partition("/")
        repo = Repo(next(self._ids), self.owner(login), name, self._clock(), private, has_issues, archived)
        self.repos[repo.id] = repo
        self._call(repo, full_name)
        return repo

    def repo(self, full_name: str) -> Repo | None:
        """The repository that answers to a name, be it its name of today or one that it had before."""
        return self._names.get(full_name.casefold())

    def rename(self, repo: Repo, full_name: str) -> None:
        """Give a repository another name; the old one leads to it from now on."""
        old, (login, _, repo.name) = repo.full_name, full_name.partition("/")
        repo.owner = self.owner(login)
        self._call(repo, full_name)
        self._log.commit("github", "repo.renamed", repo=repo.full_name, old=old, actor="human")

    def label(self, repo: Repo, name: str, actor: User, color: str = "ededed", text: str | None = None) -> Label:
        """The label of this name, made if there is none."""
        label = repo.labels.get(name.casefold())
        if label is None:
            label = repo.labels[name.casefold()] = Label(next(self._ids), name, color, text)
            self._log.commit(
                "github", "label.created", repo=repo.full_name, name=name, author=actor.login, actor=actor.login
            )
        return label

    def create(self, repo: Repo, author: User, title: str, body: str | None, *, pull: bool = False) -> Issue:
        """A new issue at the next number; not yet committed, for it may still get labels."""
        now = self._clock()
        number = max(repo.issues, default=0) + 1
        return Issue(next(self._ids), number, repo, title, body, author, now, now, pull=pull)

    def commit(self, issue: Issue) -> None:
        """Make a new issue durable."""
        issue.repo.issues[issue.number] = issue
        kind = "pull.created" if issue.pull else "issue.created"
        labels = [label.name for label in issue.labels]
        self._note(issue, kind, issue.author, id=issue.id, body=issue.body, labels=labels)

    def edit(self, issue: Issue, actor: User, *, title: str, body: str | None, labels: Iterable[Label]) -> None:
        """Give an issue this title, body and labels."""
        new = {"title": title, "body": body, "labels": list(labels)}
        fields = [name for name, value in new.items() if value != getattr(issue, name)]
        if fields:
            for name in fields:
                setattr(issue, name, new[name])
            self._touch(issue, "issue.edited", actor, fields=fields)

    def assign(self, issue: Issue, actor: User, users: list[User]) -> None:
        """Give an issue these assignees."""
        if users != issue.assignees:
            issue.assignees = users
            self._touch(issue, "issue.edited", actor, fields=["assignees"])

    def close(self, issue: Issue, actor: User, reason: str) -> None:
        """Close an issue, or give one that is closed another reason."""
        if (issue.state, issue.state_reason) != ("closed", reason):
            issue.state, issue.state_reason = "closed", reason
            issue.closed_at, issue.closed_by = self._clock(), actor
            self._touch(issue, "issue.closed", actor, reason=reason)

    def reopen(self, issue: Issue, actor: User) -> None:
        """Open a closed issue again."""
        if issue.state == "closed":
            issue.state, issue.state_reason = "open", "reopened"
            issue.closed_at = issue.closed_by = None
            self._touch(issue, "issue.reopened", actor)

    def comment(self, issue: Issue, author: User, body: str) -> Comment:
        """Add a comment."""
        comment = Comment(next(self._ids), author, body, self._clock())
        issue.comments.append(comment)
        self._touch(issue, "comment.created", author, id=comment.id, body=body)
        return comment

    def nest(self, child: Issue, parent: Issue, actor: User) -> None:
        """An issue gets its place below another."""
        child.parent = parent
        self._touch(child, "issue.nested", actor, parent=parent.number)

    def delete(self, issue: Issue) -> None:
        """Delete an issue for good; its number stays taken."""
        issue.repo.issues[issue.number] = Deleted()
        self._note(issue, "issue.deleted", self.human)

    def transfer(self, issue: Issue, to: Repo) -> None:
        """Move an issue. It gets a new id and number, and keeps only the labels that its new home has too."""
        old, number = issue.repo, issue.number
        old.issues[number] = Moved(issue)
        issue.id, issue.number, issue.repo = next(self._ids), max(to.issues, default=0) + 1, to
        issue.labels = [to.labels[name] for label in issue.labels if (name := label.name.casefold()) in to.labels]
        to.issues[issue.number] = issue
        self._touch(issue, "issue.transferred", self.human, old_repo=old.full_name, old_number=number)

    def owner(self, login: str) -> User:
        return self.users.get(login.casefold()) or self.add_user(login)

    def _call(self, repo: Repo, full_name: str) -> None:
        self._names[full_name.casefold()] = repo
        repo.names.add(full_name)

    def _touch(self, issue: Issue, kind: str, actor: User, **facts: object) -> None:
        issue.updated_at = self._clock()
        self._note(issue, kind, actor, **facts)

    def _note(self, issue: Issue, kind: str, actor: User, **facts: object) -> None:
        self._log.commit(
            "github",
            kind,
            number=issue.number,
            repo=issue.repo.full_name,
            title=issue.title,
            author=issue.author.login,
            actor=actor.login,
            **facts,
        )
