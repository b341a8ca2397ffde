"""The state of the sandbox's GitLab; whatever changes an issue ends in a commit to the log."""

from __future__ import annotations

import re
from datetime import date
from itertools import count

from tmi_issue_sync.sandbox.gitlab.actions import Action, extracted
from tmi_issue_sync.sandbox.gitlab.model import OWNER, PLANNER, Issue, Milestone, Note, Project, Token, User
from tmi_issue_sync.sandbox.wire import Clock, CommitLog


class Store:
    """Users, projects and issues. Callers have checked rights and values before they change anything."""

    def __init__(self, log: CommitLog, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self._ids = count(1_001)
        self.users: dict[str, User] = {}
        self.tokens: dict[str, Token] = {}
        self.projects: dict[int, Project] = {}
        self._paths: dict[str, Project] = {}
        self.issues: dict[int, Issue] = {}
        self.human = self.user("human", admin=True)

    def user(self, name: str, *, admin: bool = False) -> User:
        """The account of this name, made if there is none."""
        known = self.users.get(name.lower())
        if known is None:
            known = self.users[name.lower()] = User(next(self._ids), name, admin=admin)
        return known

    def token(self, user: User, scopes: tuple[str, ...], expires: date | None) -> str:
        """A new token. Only one of the sandbox, so guessable and the same in every run; no real one looks so."""
        ident = next(self._ids)
        secret = f"sandbox-{user.username.lower()}-{ident}"
        self.tokens[secret] = Token(ident, user, scopes, expires)
        return secret

    def add_project(self, path: str, visibility: str) -> Project:
        """A new, empty project. It ends the redirect of one that had this path before."""
        project = Project(next(self._ids), path, self._clock(), visibility)
        self.projects[project.id] = self._paths[path.lower()] = project
        project.members[self.human.id] = OWNER
        return project

    def project(self, path: str) -> Project | None:
        """The project that answers to a path, be it its path of today or one that it had before."""
        return self._paths.get(path.lower())

    def rename(self, project: Project, path: str) -> None:
        """Give a project another path; the old one leads to it from now on."""
        old, project.path = project.path, path
        self._paths[path.lower()] = project
        self._log.commit("gitlab", "project.renamed", project=path, old=old, actor="human")

    def milestone(self, project: Project, title: str, state: str) -> Milestone:
        made = Milestone(next(self._ids), len(project.milestones) + 1, title, state)
        project.milestones.append(made)
        return made

    def label(self, project: Project, name: str, actor: User) -> str:
        """The label of this name as it was first written, made if there is none."""
        known = project.labels.get(name.lower())
        if known is None:
            known = project.labels[name.lower()] = name
            self._log.commit("gitlab", "label.created", project=project.path, name=name, actor=actor.username)
        return known

    def draft(self, project: Project, author: User, title: str, description: str, iid: int | None) -> Issue:
        """A new issue; not yet committed, for it may still get labels."""
        now = self._clock()
        return Issue(next(self._ids), iid or project.last + 1, project, title, description, author, now, now)

    def commit(self, issue: Issue) -> None:
        """Make a new issue durable. What its text commands happens with it."""
        issue.description, actions = extracted(issue.description)
        for action in actions:
            self._run(issue, action, issue.author)
        issue.project.issues[issue.iid] = self.issues[issue.id] = issue
        issue.project.last = max(issue.project.last, issue.iid)
        told = {"id": issue.id, "body": issue.description, "labels": list(issue.labels)}
        told |= {"confidential": issue.confidential, "state": issue.state}
        self._note(issue, "issue.created", issue.author, **told)

    def edit(self, issue: Issue, actor: User, **new: object) -> None:
        """Give an issue these values."""
        changed = [name for name, value in new.items() if value != getattr(issue, name)]
        if changed:
            for name in changed:
                setattr(issue, name, new[name])
            self._touch(issue, "issue.edited", actor, fields=changed)

    def close(self, issue: Issue, actor: User) -> None:
        if issue.state == "opened":
            issue.state, issue.closed_at, issue.closed_by = "closed", self._clock(), actor
            self._touch(issue, "issue.closed", actor)

    def reopen(self, issue: Issue, actor: User) -> None:
        if issue.state == "closed":
            issue.state, issue.closed_at, issue.closed_by = "opened", None, None
            self._touch(issue, "issue.reopened", actor)

    def comment(self, issue: Issue, author: User, body: str) -> Note | None:
        """Add a comment, and do what it commands; None where it was nothing but commands."""
        kept, actions = extracted(body)
        for action in actions:
            self._run(issue, action, author)
        if not kept.strip():
            return None
        note = Note(next(self._ids), author, kept, self._clock())
        issue.notes.append(note)
        self._touch(issue, "note.created", author, id=note.id, body=kept)
        return note

    def delete(self, issue: Issue) -> None:
        """Delete an issue for good; its number stays taken."""
        del issue.project.issues[issue.iid], self.issues[issue.id]
        self._note(issue, "issue.deleted", self.human)

    def move(self, issue: Issue, to: Project) -> Issue:
        """What GitLab calls a move: a copy elsewhere by the same author and of the same age; this one is closed."""
        new = self._copy(issue, to, issue.author)
        new.created_at, new.notes = issue.created_at, list(issue.notes)
        self._store(new)
        issue.moved_to, issue.state = new, "closed"
        issue.closed_at, issue.closed_by = self._clock(), self.human
        told = f"moved to {to.path}#{new.iid}"
        issue.notes.append(Note(next(self._ids), self.human, told, self._clock(), system=True))
        self._touch(issue, "issue.moved", self.human, to=to.path, to_iid=new.iid)
        return new

    def clone(self, issue: Issue, author: User) -> Issue:
        """The same issue again, by whoever cloned it."""
        new = self._copy(issue, issue.project, author)
        self._store(new)
        self._note(new, "issue.cloned", author, source=issue.iid)
        return new

    def _copy(self, issue: Issue, to: Project, author: User) -> Issue:
        new = self.draft(to, author, issue.title, issue.description, None)
        new.labels = [name for name in issue.labels if to is issue.project or name.lower() in to.labels]
        new.confidential, new.kind, new.due = issue.confidential, issue.kind, issue.due
        new.assignees = list(issue.assignees)
        return new

    def _store(self, issue: Issue) -> None:
        """A copy is no create: no command is run, and nobody filed it."""
        issue.project.issues[issue.iid] = self.issues[issue.id] = issue
        issue.project.last = max(issue.project.last, issue.iid)

    def _run(self, issue: Issue, action: Action, actor: User) -> None:
        """Commands that the actor may not give are swallowed as well."""
        self._note(issue, "action.run", actor, name=action.name, arg=action.arg)
        may = issue.project.level(actor) >= PLANNER or actor is issue.author
        match action.name:
            case "close" if may:
                issue.state, issue.closed_at, issue.closed_by = "closed", self._clock(), actor
            case "reopen" if may:
                issue.state, issue.closed_at, issue.closed_by = "opened", None, None
            case "confidential" if may:
                issue.confidential = True
            case "title" if may:
                issue.title = action.arg
            case "label" | "labels" if may:
                names = re.findall(r'~(?:"([^"]+)"|(\S+))', action.arg)
                issue.labels += [self.label(issue.project, one or two, actor) for one, two in names]
            case "assign" if may:
                found = (self.users.get(name.lower()) for name in re.findall(r"@([\w.-]+)", action.arg))
                issue.assignees = [user for user in found if user is not None]
            case _:
                pass

    def _touch(self, issue: Issue, kind: str, actor: User, **facts: object) -> None:
        issue.updated_at = self._clock()
        self._note(issue, kind, actor, **facts)

    def _note(self, issue: Issue, kind: str, actor: User, **facts: object) -> None:
        self._log.commit(
            "gitlab",
            kind,
            iid=issue.iid,
            project=issue.project.path,
            title=issue.title,
            author=issue.author.username,
            actor=actor.username,
            **facts,
        )
