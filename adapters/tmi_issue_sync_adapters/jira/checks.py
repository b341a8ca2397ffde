"""What `check` finds out about a Jira."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tmi_issue_sync.errors import Denied, Rejected, TrackerError, Unavailable
from tmi_issue_sync.model import Draft, Finding, Level
from tmi_issue_sync_adapters.wire.line import Line
from tmi_issue_sync_adapters.wire.links import link_findings
from tmi_issue_sync_adapters.wire.reach import netloc
from tmi_issue_sync_adapters.wire.reply import Reply, json_of

from . import verdict
from .account import Account
from .api import Api
from .demands import asked_for, lines, names_of
from .draft import Shaper, target_of
from .meta import Metas
from .options import Target

NEEDED = {"BROWSE_PROJECTS": "Browse projects", "CREATE_ISSUES": "Create issues"}
CLOSING = {"ADD_COMMENTS": "Add comments", "TRANSITION_ISSUES": "Transition issues"}


@dataclass(frozen=True, slots=True)
class Checker:
    """Asks, and makes nothing."""

    api: Api
    line: Line
    metas: Metas
    project: str
    account: Callable[[Line], Account]

    def findings(self, targets: Iterable[Target]) -> Iterator[Finding]:
        """One line each; the first that is an error of the way there ends it."""
        try:
            me = self.account(self.line)
            yield Finding(Level.OK, f"signed in as {me.name} on {netloc(self.api.site)}")
            yield from self._server()
            yield from self._project()
            yield from self._permissions(list(targets))
            yield from self._visibility()
            for target in targets:
                yield from self._target(target)
        except TrackerError as error:
            yield Finding(Level.ERROR, error.why, error.todo)

    def rehearsed(self, draft: Draft, shaper: Shaper) -> Iterator[Finding]:
        """What is wrong with a draft, and what it lacks. Raises Unavailable."""
        try:
            if draft.confidential and isinstance(draft.target, Target) and draft.target.security is None:
                yield self._open_to_all(draft.target)
                return
            target = target_of(draft, self.project)
            meta = self.metas.of(self.line, target.issue_type)
            given, wrong = shaper.values.all(meta, draft.fields)
            for one in wrong:
                yield Finding(Level.ERROR, str(one), one.todo or "Mend it in the tracker's fields.")
            known = {*given, *shaper.of_target(draft, target, meta), *(["priority"] if draft.priority else [])}
            if lacks := asked_for(meta, known):
                what = f"{self.project} asks for more of a {meta.name}: {names_of(lacks)}"
                paste = lines(lacks, meta, self.account(self.line), cloud=self.api.cloud)
                yield Finding(Level.ERROR, what, lines=paste)
            if not wrong:
                shaper.payload(draft, target, meta)
            if not wrong and not lacks:
                yield Finding(Level.OK, f"a {meta.name} in {self.project} has all that Jira asks for")
        except (Rejected, Denied) as error:
            yield Finding(Level.ERROR, error.why, error.todo)

    def _open_to_all(self, target: Target) -> Finding:
        """A place for what is confidential that keeps nothing so."""
        meta = self.metas.of(self.line, target.issue_type)
        what = f"confidential tickets in {self.project} need a security level, and the target names none"
        levels = meta.fields.get("security")
        if levels is None or not levels.choices:
            todo = f"{self.project} has none that this account may set: give it some, or say confidential = false."
            return Finding(Level.ERROR, what, todo)
        paste = lines([levels], meta, self.account(self.line), cloud=self.api.cloud)
        return Finding(Level.ERROR, what, lines=paste)

    def _server(self) -> Iterator[Finding]:
        info: Any = self.api.read_json(self.line, "serverInfo", "the server")
        told = info if isinstance(info, dict) else {}
        kind = "cloud" if told.get("deploymentType") == "Cloud" else "data-center"
        if (kind == "cloud") != self.api.cloud:
            what = f"this Jira says that it is {told.get('deploymentType')}"
            yield Finding(Level.ERROR, what, f'Set kind = "{kind}".')
        yield from link_findings(urlsplit(str(told.get("baseUrl"))), netloc(self.api.site), "Jira")

    def _project(self) -> Iterator[Finding]:
        project: Any = self.api.read_json(self.line, f"project/{self.project}", f"the project {self.project}")
        if not isinstance(project, dict) or not isinstance(key := project.get("key"), str):
            raise Unavailable(f"Jira answered the project {self.project} with something else")
        if key != self.project:
            yield Finding(
                Level.ERROR, f"{self.project} is called {key} now", f'Set the target\'s project = "{key}".'
            )
        if project.get("archived") is True:
            yield Finding(Level.ERROR, f"{key} is archived, and takes no tickets", "Restore it, or name another.")

    def _permissions(self, targets: list[Target]) -> Iterator[Finding]:
        needed = dict(NEEDED)
        for name, words, used in (
            ("SET_ISSUE_SECURITY", "Set issue security", any(target.security for target in targets)),
            ("ASSIGN_ISSUES", "Assign issues", any(target.assignee for target in targets)),
            ("SCHEDULE_ISSUES", "Schedule issues", any(target.due_days for target in targets)),
        ):
            needed |= {name: words} if used else {}
        query = {"projectKey": self.project, "permissions": ",".join((*needed, *CLOSING))}
        data: Any = self.api.read_json(self.line, "mypermissions", f"the permissions in {self.project}", query)
        have = data.get("permissions") if isinstance(data, dict) else None
        if not isinstance(have, dict):
            raise Unavailable(f"Jira answered the permissions in {self.project} with something else")
        lacks = [words for name, words in needed.items() if not _has(have, name)]
        if lacks:
            todo = "Give it to the account's role or group in the project's permission scheme."
            yield Finding(Level.ERROR, f"the account lacks in {self.project}: {', '.join(lacks)}", todo)
        else:
            yield Finding(Level.OK, f"the account may make tickets in {self.project}")
        if closing := [words for name, words in CLOSING.items() if not _has(have, name)]:
            what = f"the account lacks in {self.project}: {', '.join(closing)}"
            yield Finding(Level.WARNING, what, "Without it a second ticket of a threat is reported, not closed.")

    def _visibility(self) -> Iterator[Finding]:
        """Whether anybody at all may see the project: asked as nobody, where people open Jira."""
        try:
            public = self._is_public(self.api.anonymous(f"project/{self.project}"))
        except Unavailable as error:
            if self.api.road.api.netloc == self.api.site.netloc:
                raise
            what = f"whether {self.project} is public can't be told from here: {error.why}"
            yield Finding(Level.WARNING, what, f"Let this machine reach {netloc(self.api.site)}.")
            return
        if public:
            yield Finding(Level.OK, f"{self.project} is public: anybody can see it without signing in", public=True)
        else:
            yield Finding(Level.OK, f"{self.project} is not shown to people who have not signed in", public=False)

    def _is_public(self, reply: Reply) -> bool:
        if reply.status >= 500 or reply.status == 429:
            raise verdict.of_read(reply, f"whether {self.project} is public")
        data = json_of(reply) if reply.status == 200 else None
        return isinstance(data, dict) and "key" in data

    def _target(self, target: Target) -> Iterator[Finding]:
        meta = self.metas.of(self.line, target.issue_type)
        for ident, name in (("description", "Description"), ("labels", "Labels")):
            if ident not in meta.fields:
                what = f"a {meta.name} in {self.project} has no {name} on its create screen"
                yield Finding(Level.ERROR, what, f"Put the field {name} there, or choose another issue_type.")


def _has(have: dict[str, Any], name: str) -> bool:
    row = have.get(name)
    return isinstance(row, dict) and row.get("havePermission") is True
