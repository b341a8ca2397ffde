"""The state of the sandbox's Gitea; whatever changes an issue ends in a commit to the log."""

from __future__ import annotations

from collections import defaultdict
from itertools import count

from tmi_issue_sync.sandbox.gitea.model import Comment, Flavour, Issue, Label, Milestone, Repo, Role, Token, User
from tmi_issue_sync.sandbox.wire import Clock, CommitLog


class Store:
    """Users, repositories and issues. Callers have checked rights and values before they change anything."""

    def __init__(self, log: CommitLog, clock: Clock, flavour: Flavour) -> None:
        self._log = log
        self._clock = clock
        self._site = flavour
        self._ids = count(1001)
        self.users: dict[str, User] = {}
        self.tokens: dict[str, Token] = {}
        self.repos: dict[int, Repo] = {}
        self.names: dict[str, Repo] = {}
        """By the names of today, in lower case."""
        self.former: dict[str, Repo] = {}
        """By names that they had, as long as no other repository took them."""
        self.shared: defaultdict[str, list[Label]] = defaultdict(list)
        """An organisation's labels, by its login: any of its repositories may use them."""
        self.human = self.add_user("human")

    def add_user(self, login: str, *, role: Role = "write", suspended: bool = False) -> User:
        """An account; for a login that is known, the same one with other rights."""
        user = self.users.setdefault(login.casefold(), User(next(self._ids), login))
        user.role, user.suspended = role, suspended
        return user

    def add_repo(self, full_name: str, *, private: bool = True) -> Repo:
        """A new, empty repository. It ends the redirect of one that had this name before."""
        login, _, name = full_name.partition("/")
        repo = Repo(next(self._ids), self.owner(login), name, self._clock(), private)
        self.repos[repo.id] = repo
        self.names[full_name.casefold()] = repo
        self.former.pop(full_name.casefold(), None)
        return repo

    def rename(self, repo: Repo, full_name: str) -> None:
        """Another name, or another owner; the old one leads here from now on."""
        old, (login, _, repo.name) = repo.full_name, full_name.partition("/")
        repo.owner = self.owner(login)
        self.former[old.casefold()] = self.names.pop(old.casefold())
        self.former.pop(full_name.casefold(), None)
        self.names[full_name.casefold()] = repo
        self._log.commit(self._site, "repo.renamed", repo=repo.full_name, old=old, actor="human")

    def label(self, repo: Repo, name: str, actor: User, color: str = "ededed", text: str = "") -> Label:
        """A new label; one more, if there is one of this name already."""
        label = Label(next(self._ids), name, color, text)
        repo.labels.append(label)
        self._log.commit(
            self._site, "label.created", repo=repo.full_name, name=name, id=label.id, actor=actor.login
        )
        return label

    def shared_label(self, login: str, name: str) -> Label:
        """A new label of an organisation."""
        label = Label(next(self._ids), name)
        self.shared[login.casefold()].append(label)
        return label

    def milestone(self, repo: Repo, title: str) -> Milestone:
        milestone = Milestone(next(self._ids), title, self._clock())
        repo.milestones.append(milestone)
        return milestone

    def draft(self, repo: Repo, author: User, title: str, body: str, *, pull: bool = False) -> Issue:
        """A new issue at the next number; not yet committed, for it may still get labels."""
        now = self._clock()
        return Issue(next(self._ids), repo.last + 1, repo, title, body, author, now, now, pull=pull)

    def commit(self, issue: Issue) -> None:
        """Make a new issue durable."""
        issue.repo.last = issue.number
        issue.repo.issues[issue.number] = issue
        labels = [label.name for label in issue.labels]
        kind = "pull.created" if issue.pull else "issue.created"
        self._note(issue, kind, issue.author, id=issue.id, body=issue.body, labels=labels)

    def edit(self, issue: Issue, actor: User, title: str, body: str) -> None:
        """Give an issue this title and body."""
        if (title, body) != (issue.title, issue.body):
            issue.title, issue.body = title, body
            self._touch(issue, "issue.edited", actor)

    def relabel(self, issue: Issue, actor: User, labels: list[Label]) -> None:
        issue.labels = labels
        self._touch(issue, "issue.edited", actor)

    def close(self, issue: Issue, actor: User) -> None:
        """Close an issue that is open."""
        if issue.closed_at is None:
            issue.closed_at = self._clock()
            self._touch(issue, "issue.closed", actor)

    def reopen(self, issue: Issue, actor: User) -> None:
        """Open a closed issue again."""
        if issue.closed_at is not None:
            issue.closed_at = None
            self._touch(issue, "issue.reopened", actor)

    def comment(self, issue: Issue, author: User, body: str) -> Comment:
        """Add a comment."""
        comment = Comment(next(self._ids), author, body, self._clock())
        issue.comments.append(comment)
        self._touch(issue, "comment.created", author, id=comment.id, body=body)
        return comment

    def delete(self, issue: Issue) -> None:
        """Delete an issue for good; its number stays taken, and nothing says that it was there."""
        del issue.repo.issues[issue.number]
        self._note(issue, "issue.deleted", self.human)

    def owner(self, login: str) -> User:
        return self.users.get(login.casefold()) or self.add_user(login)

    def _touch(self, issue: Issue, kind: str, actor: User, **facts: object) -> None:
        issue.updated_at = self._clock()
        self._note(issue, kind, actor, **facts)

    def _note(self, issue: Issue, kind: str, actor: User, **facts: object) -> None:
        who = {"author": issue.author.login, "actor": actor.login}
        where = {"number": issue.number, "repo": issue.repo.full_name, "title": issue.title}
        self._log.commit(self._site, kind, **where, **who, **facts)
