"""Gitea and Forgejo pass the conformance suite."""

from __future__ import annotations

from typing import Any, ClassVar

from tmi_issue_sync.model import Ticket
from tmi_issue_sync.sandbox.gitea import GiteaSite
from tmi_issue_sync.sandbox.gitea.model import Flavour
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.wire import Clock
from tmi_issue_sync.testing import Conformance, Kept, SandboxHarness
from tmi_issue_sync.testing.sandbox import Call

REPO = "example/threats"


class GiteaHarness(SandboxHarness[GiteaSite]):
    """A Gitea with one repository."""

    adapter = "gitea"
    posting = Call("POST", r"/issues$")
    listing = Call("GET", r"/issues$")
    flavour: ClassVar[Flavour] = "gitea"

    def build(self, log: Log, clock: Clock) -> GiteaSite:
        site = GiteaSite(log=log, clock=clock, flavour=self.flavour, repo=REPO)
        self.token = site.add_user("bot")
        return site

    def options(self) -> dict[str, Any]:
        return {"url": self.url, "token": self.token, "wait": self.wait, "timeout": 20.0}

    def target(self) -> dict[str, Any]:
        return {"repo": REPO}

    def secrets(self) -> tuple[str, ...]:
        return (self.token,)

    def kept(self, ticket: Ticket) -> Kept:
        [issue] = [one for one in self.site.issues() if str(one["id"]) == ticket.ref.id]
        return Kept(
            title=issue["title"],
            labels=frozenset(issue["labels"]),
            open=issue["state"] == "open",
            comments=len(issue["comments"]),
        )

    def lag(self, seconds: float) -> None:
        self.site.set_lag(seconds)

    def limit(self, retry_after: int | None) -> None:
        self.site.limit(retry_after=retry_after)

    def revoke(self) -> None:
        self.site.revoke(self.token)

    def forbid(self) -> None:
        self.site.add_user("bot", scopes=["read:user", "read:repository", "read:issue"])

    def lose(self) -> None:
        self.site.add_user("bot", role="none")

    def archive(self) -> None:
        self.site.set_repo(archived=True)

    def publish(self) -> None:
        self.site.set_repo(private=False)

    def rename(self, ticket: Ticket) -> None:
        self.site.edit(number(ticket), title="Renamed by a person")

    def close(self, ticket: Ticket) -> None:
        self.site.close(number(ticket))

    def delete(self, ticket: Ticket) -> None:
        self.site.delete(number(ticket))

    def clone(self, ticket: Ticket) -> None:
        self.site.clone(number(ticket))


class ForgejoHarness(GiteaHarness):
    """A Forgejo with one repository."""

    flavour = "forgejo"


def number(ticket: Ticket) -> int:
    return int(ticket.number.partition("#")[2])


class TestGitea(Conformance):
    harness = GiteaHarness


class TestForgejo(Conformance):
    harness = ForgejoHarness
