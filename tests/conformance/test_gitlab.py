"""The GitLab adapter against the contract."""

from __future__ import annotations

from typing import Any

from tmi_issue_sync.model import Ticket
from tmi_issue_sync.sandbox.gitlab import GitLabSite
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.wire import Clock
from tmi_issue_sync.testing import Conformance, Kept, Lacking, SandboxHarness
from tmi_issue_sync.testing.sandbox import Call

PROJECT, OTHER = "example/threats", "example/other"


class GitLabHarness(SandboxHarness[GitLabSite]):
    """A GitLab with two projects that the account sees."""

    adapter = "gitlab"
    posting = Call("POST", r"/issues$")
    listing = Call("GET", r"/issues$")

    def build(self, log: Log, clock: Clock) -> GitLabSite:
        site = GitLabSite(log=log, clock=clock, project=PROJECT)
        site.add_project(OTHER)
        self.token = site.add_user("bot")
        site.set_level("bot", 20, OTHER)
        return site

    def options(self) -> dict[str, Any]:
        return {"url": self.url, "token": self.token, "wait": self.wait, "timeout": 20.0}

    def target(self) -> dict[str, Any]:
        return {"project": PROJECT}

    def secrets(self) -> tuple[str, ...]:
        return (self.token,)

    def kept(self, ticket: Ticket) -> Kept:
        [issue] = [one for one in self.site.issues() if str(one["id"]) == ticket.ref.id]
        return Kept(
            title=issue["title"],
            labels=frozenset(issue["labels"]),
            open=issue["state"] == "opened",
            comments=len(issue["notes"]),
            confidential=issue["confidential"],
        )

    def lag(self, seconds: float) -> None:
        self.site.set_lag(seconds)

    def limit(self, retry_after: int | None) -> None:
        self.site.limit_creates(0, retry_after=retry_after)

    def revoke(self) -> None:
        self.site.revoke(self.token)

    def forbid(self) -> None:
        self.site.set_scopes(self.token, ("read_api",))

    def lose(self) -> None:
        self.site.set_level("bot", None)

    def archive(self) -> None:
        self.site.set_project(archived=True)

    def publish(self) -> None:
        self.site.set_project(visibility="public")

    def rename(self, ticket: Ticket) -> None:
        self.site.edit(_iid(ticket), title="Renamed by a person")

    def close(self, ticket: Ticket) -> None:
        self.site.close(_iid(ticket))

    def delete(self, ticket: Ticket) -> None:
        self.site.delete(_iid(ticket))

    def clone(self, ticket: Ticket) -> None:
        self.site.clone(_iid(ticket))

    def move(self, ticket: Ticket) -> None:
        self.site.move(_iid(ticket), OTHER)

    def hide(self, ticket: Ticket) -> None:
        raise Lacking("who made an issue sees it; one that is moved out of sight leaves itself behind, closed")


def _iid(ticket: Ticket) -> int:
    return int(ticket.number.rpartition("#")[2])


class TestGitLab(Conformance):
    harness = GitLabHarness
