"""What `check` finds out about an Azure DevOps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tmi_issue_sync.errors import Denied, Rejected, TrackerError, Unavailable
from tmi_issue_sync.model import Draft, Finding, Level
from tmi_issue_sync_adapters.wire.links import link_findings
from tmi_issue_sync_adapters.wire.reach import netloc
from tmi_issue_sync_adapters.wire.reply import json_of

from . import verdict
from .account import Account
from .api import Api, of_project
from .demands import of_rules
from .draft import path_of, payload, target_of
from .meta import Metas, TypeMeta
from .options import Target, is_services
from .values import all_of


@dataclass(frozen=True, slots=True)
class Checker:
    """Asks, and makes nothing."""

    api: Api
    metas: Metas
    project: str
    account: Callable[[], Account]

    def findings(self, targets: Iterable[Target]) -> Iterator[Finding]:
        """One line each; the first that is an error of the way there ends it."""
        try:
            me, site = self.account(), self.api.site
            yield Finding(Level.OK, f"signed in as {me.name} on {netloc(site)}{site.path}")
            yield from link_findings(site, netloc(site), "Azure DevOps")
            yield from self._project()
            for target in targets:
                yield from self._target(target)
        except TrackerError as error:
            yield Finding(Level.ERROR, error.why, error.todo)

    def rehearsed(self, draft: Draft) -> Iterator[Finding]:
        """What Azure DevOps says to the very request that would make the ticket, but for `validateOnly`.

        Raises Unavailable.
        """
        try:
            target = target_of(draft, self.project)
            meta, kinds = self.metas.of(target.type), self.metas.kinds()
            wrong = all_of(meta, kinds, draft.fields)[1]
            for one in wrong:
                yield Finding(Level.ERROR, str(one), one.todo or "Mend it in the tracker's fields.")
            if not wrong:
                yield from self._asked(draft, target, meta, kinds)
        except (Rejected, Denied) as error:
            yield Finding(Level.ERROR, error.why, error.todo)

    def _asked(self, draft: Draft, target: Target, meta: TypeMeta, kinds: Mapping[str, str]) -> Iterator[Finding]:
        what = f"a new {target.type} in {self.project}"
        made = payload(draft, target, meta, kinds, self.api.site)
        reply = self.api.rehearse(create_path(self.project, target.type), what, made.patch)
        said = verdict.told(reply) if reply.status == 400 else None
        if said is not None and said.rules:
            yield from of_rules(meta, kinds, said.rules, draft, self.account().name)
        elif reply.status == 200 and isinstance(json_of(reply), dict):
            yield Finding(Level.OK, f"{self.project} would take this {target.type} as it is")
        else:
            raise verdict.of_read(reply, what)

    def _project(self) -> Iterator[Finding]:
        shown = read_project(self.api, self.project)
        name = str(shown.get("name"))
        if name.casefold() != self.project.casefold():
            yield Finding(Level.ERROR, f"{self.project} is called {name} now", f'Set project = "{name}".')
        if shown.get("state", "wellFormed") != "wellFormed":
            yield Finding(Level.ERROR, f"{name} is {shown.get('state')}, and takes no tickets")
        match visibility_of(self.api, shown):
            case "public":
                yield Finding(Level.OK, f"{name} is public: anybody can read its tickets", public=True)
            case "private" | "organization" as seen:
                who = "everybody in the organization" if seen == "organization" else "its members"
                yield Finding(Level.OK, f"{name} is private: {who} can read its tickets", public=False)
            case _:
                yield Finding(Level.ERROR, f"Azure DevOps does not say whether {name} is private")

    def _target(self, target: Target) -> Iterator[Finding]:
        self.metas.of(target.type)
        for group, path in (("areas", target.area), ("iterations", target.iteration)):
            if path is not None:
                yield from self._node(group, path)

    def _node(self, group: str, path: str) -> Iterator[Finding]:
        below = path_of(self.project, path).split("\\")[1:]
        at = "/".join(quote(part, safe="") for part in below)
        what = f"the {group[:-1]} {path!r} of {self.project}"
        reply = self.api.read(of_project(self.project, f"wit/classificationnodes/{group}/{at}".rstrip("/")), what)
        if reply.status == 404 and verdict.told(reply) is not None:
            todo = f"Write it as in the project's settings, below {self.project}, or make it there."
            yield Finding(Level.ERROR, f"there is no {group[:-1]} {path!r} in {self.project}", todo)
        else:
            self.api.json_of(reply, what)


def create_path(project: str, kind: str) -> str:
    return of_project(project, f"wit/workitems/${quote(kind, safe='')}")


def read_project(api: Api, project: str) -> dict[str, Any]:
    """Raises Unavailable or Denied."""
    shown: Any = api.read_json(f"_apis/projects/{quote(project, safe='')}", f"the project {project}")
    if not isinstance(shown, dict) or not isinstance(shown.get("name"), str):
        raise Unavailable(f"Azure DevOps answered the project {project} with something else")
    return shown


def visibility_of(api: Api, shown: dict[str, Any]) -> str | None:
    """Whom a project is shown to; a Server has no public ones, and an older one says nothing."""
    seen = shown.get("visibility", None if is_services(api.site) else "private")
    return seen if isinstance(seen, str) else None
