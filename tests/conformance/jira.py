"""A Jira for the conformance suite, Cloud or Data Center."""

from __future__ import annotations

from typing import Any, ClassVar

from tmi_issue_sync.model import Ticket
from tmi_issue_sync.sandbox.jira import JiraSite
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.wire import Clock
from tmi_issue_sync.testing import Kept, SandboxHarness
from tmi_issue_sync.testing.sandbox import Call

PROJECT, OTHER, SECRET = "SEC", "OPS", "HID"
EMAIL = "bot@example.com"


class JiraHarness(SandboxHarness[JiraSite]):
    """A Jira with three projects; the account sees two of them."""

    adapter = "jira"
    posting = Call("POST", r"/issue$")
    cloud: ClassVar[bool]

    def build(self, log: Log, clock: Clock) -> JiraSite:
        site = JiraSite(log=log, clock=clock, cloud=self.cloud, project=PROJECT)
        site.add_project(OTHER)
        site.add_project(SECRET)
        self.token = site.add_user("bot", email=EMAIL, projects=[PROJECT, OTHER])
        return site

    def options(self) -> dict[str, Any]:
        kind = {"kind": "cloud", "email": EMAIL} if self.cloud else {"kind": "data-center"}
        return {"url": self.url, "token": self.token, "wait": self.wait, "timeout": 20.0, **kind}

    def target(self) -> dict[str, Any]:
        return {"project": PROJECT}

    def secrets(self) -> tuple[str, ...]:
        return (self.token,)

    def kept(self, ticket: Ticket) -> Kept:
        [issue] = [one for one in self.site.issues() if one["id"] == ticket.ref.id]
        return Kept(
            title=issue["summary"],
            labels=frozenset(issue["labels"]),
            open=issue["state"] == "open",
            comments=len(issue["comments"]),
            confidential=issue["security"] is not None,
        )

    def lag(self, seconds: float) -> None:
        self.site.set_lag(seconds)

    def limit(self, retry_after: int | None) -> None:
        self.site.rate_limit(0, methods=["POST"], retry_after=retry_after)

    def revoke(self) -> None:
        self.site.revoke(self.token)

    def forbid(self) -> None:
        self.site.add_user("bot", email=EMAIL, projects=[PROJECT, OTHER], permissions=["BROWSE_PROJECTS"])

    def lose(self) -> None:
        self.site.add_user("bot", email=EMAIL, projects=[OTHER])

    def archive(self) -> None:
        self.site.set_project(PROJECT, archived=True)

    def publish(self) -> None:
        self.site.set_project(PROJECT, public=True)

    def rename(self, ticket: Ticket) -> None:
        self.site.edit(ticket.number, summary="Renamed by a person")

    def close(self, ticket: Ticket) -> None:
        self.site.close(ticket.number)

    def delete(self, ticket: Ticket) -> None:
        self.site.delete(ticket.number)

    def clone(self, ticket: Ticket) -> None:
        self.site.clone(ticket.number)

    def move(self, ticket: Ticket) -> None:
        self.site.move(ticket.number, OTHER)

    def hide(self, ticket: Ticket) -> None:
        self.site.move(ticket.number, SECRET)
