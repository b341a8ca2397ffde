"""Azure DevOps passes the conformance suite."""

from __future__ import annotations

from typing import Any

from tmi_issue_sync.model import Ticket
from tmi_issue_sync.sandbox.azure import AzureSite
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.wire import Clock
from tmi_issue_sync.testing import Conformance, Kept, SandboxHarness
from tmi_issue_sync.testing.sandbox import Call

PROJECT, OTHER, SECRET = "Sec Threats", "Other", "Secret"
SEEN = (PROJECT, OTHER)


class AzureHarness(SandboxHarness[AzureSite]):
    """An organization with three projects, one with a blank in its name; the account sees two of them."""

    adapter = "azure-devops"
    posting = Call("POST", r"/workitems/\$")
    listing = Call("POST", r"/(wiql|workitemsbatch)$")

    def build(self, log: Log, clock: Clock) -> AzureSite:
        site = AzureSite(log=log, clock=clock, project=PROJECT)
        site.add_project(OTHER)
        site.add_project(SECRET)
        self.token = site.add_user("bot", projects=SEEN)
        return site

    def options(self) -> dict[str, Any]:
        return {"url": f"{self.url}/example", "token": self.token, "wait": self.wait, "timeout": 20.0}

    def target(self) -> dict[str, Any]:
        return {"project": PROJECT, "type": "Bug"}

    def secrets(self) -> tuple[str, ...]:
        return (self.token,)

    def creates(self) -> int:
        """A rehearsal is the same request, but for a parameter."""
        asked = self.log.requests(method=self.posting.method, path_re=self.posting.path)
        return sum("validateOnly" not in dict(one.facts["query"]) for one in asked)

    def kept(self, ticket: Ticket) -> Kept:
        [item] = [one for one in self.site.issues() if one["id"] == number(ticket)]
        return Kept(
            title=item["title"],
            labels=frozenset(item["tags"]),
            open=item["state"] == "open",
            comments=len(item["comments"]),
        )

    def lag(self, seconds: float) -> None:
        self.site.settings.lag = seconds

    def limit(self, retry_after: int | None) -> None:
        self.site.rate_limit(0, methods=["POST"], retry_after=retry_after)

    def revoke(self) -> None:
        self.site.revoke(self.token)

    def forbid(self) -> None:
        self.site.set_rights("bot", ["read"], SEEN)

    def lose(self) -> None:
        self.site.set_rights("bot", ["read", "write"], [OTHER])

    def publish(self) -> None:
        self.site.set_project(PROJECT, public=True)

    def rename(self, ticket: Ticket) -> None:
        self.site.edit(number(ticket), title="Renamed by a person")

    def close(self, ticket: Ticket) -> None:
        self.site.close(number(ticket))

    def delete(self, ticket: Ticket) -> None:
        self.site.delete(number(ticket))

    def clone(self, ticket: Ticket) -> None:
        self.site.clone(number(ticket))

    def move(self, ticket: Ticket) -> None:
        self.site.move(number(ticket), OTHER)

    def hide(self, ticket: Ticket) -> None:
        self.site.move(number(ticket), SECRET)


def number(ticket: Ticket) -> int:
    return int(ticket.ref.id.rpartition("/")[2])


class TestAzureDevOps(Conformance):
    harness = AzureHarness
