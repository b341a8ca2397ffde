"""What GitHub shows of a repository."""

from __future__ import annotations

from pydantic import BaseModel, StrictBool, ValidationError

from tmi_issue_sync.errors import Denied, Unavailable
from tmi_issue_sync_adapters.wire.line import Line
from tmi_issue_sync_adapters.wire.reply import Reply

from .api import Api


class Repo(BaseModel):
    """A repository as the account sees it."""

    full_name: str
    private: StrictBool
    has_issues: StrictBool

    def require_issues(self, what: str) -> None:
        """Raises Denied where issues are switched off: lists are empty then, whatever was made before."""
        if not self.has_issues:
            raise Denied(
                f"{what} can't be seen: issues are switched off in {self.full_name}",
                todo="Switch them on in its settings.",
            )


def read_repo(api: Api, line: Line, name: str) -> Repo:
    """Raises Unavailable or Denied."""
    return repo_of(api, api.read(line, f"/repos/{name}"), name)


def repo_of(api: Api, reply: Reply, name: str) -> Repo:
    """An answer to a read of the repository. Raises Unavailable or Denied."""
    what = f"the repository {name}"
    try:
        return Repo.model_validate(api.json_of(reply, what))
    except ValidationError:
        raise Unavailable(f"GitHub answered {what} with something else") from None
