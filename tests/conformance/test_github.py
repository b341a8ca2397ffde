"""GitHub passes the conformance suite."""

from __future__ import annotations

from typing import Any

from tmi_issue_sync.model import Ticket
from tmi_issue_sync.sandbox.github import GitHubSite
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.wire import Clock
from tmi_issue_sync.testing import Conformance, Kept, SandboxHarness
from tmi_issue_sync.testing.sandbox import Call

REPO, OTHER, SECRET = "Example/Threats", "example/other", "example/secret"
"""A repository has one name, whatever the case."""


class GitHubHarness(SandboxHarness[GitHubSite]):
    """An Enterprise Server with three repositories; the account sees two of them."""

    adapter = "github"
    posting = Call("POST", r"/issues$")
    listing = Call("GET", r"/issues$")

    def build(self, log: Log, clock: Clock) -> GitHubSite:
        site = GitHubSite(log=log, clock=clock, repo=REPO, hourly_limit=0)
        site.add_repo(OTHER)
        site.add_repo(SECRET)
        self.token = site.add_user("bot", repos=[REPO, OTHER])
        return site

    def options(self) -> dict[str, Any]:
        return {
            "url": self.url,
            "token": self.token,
            "wait": self.wait,
            "timeout": 20.0,
            "seconds_between_writes": 0.0,
        }

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
        self.site.limit_creates(0, retry_after=retry_after)

    def revoke(self) -> None:
        self.site.revoke(self.token)

    def forbid(self) -> None:
        self.site.add_user("bot", repos=[REPO, OTHER], read_only=True)

    def lose(self) -> None:
        self.site.add_user("bot", repos=[OTHER])

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

    def move(self, ticket: Ticket) -> None:
        self.site.transfer(number(ticket), OTHER)

    def hide(self, ticket: Ticket) -> None:
        self.site.transfer(number(ticket), SECRET)


def number(ticket: Ticket) -> int:
    return int(ticket.number.partition("#")[2])


class TestGitHub(Conformance):
    harness = GitHubHarness
