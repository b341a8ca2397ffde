"""What a repository is, and what of it a ticket can be given: labels and milestones, which go by ids."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ValidationError

from tmi_issue_sync.errors import Denied, Rejected, Unavailable
from tmi_issue_sync_adapters.wire.reply import json_of

from . import verdict
from .api import Api
from .paging import listed

SHARED_LABEL = "tmi"
"""On every ticket of ours; which threat it is for is in its body, for labels are a list that people share."""
COLOR = "#ededed"
NO_LABEL = 0


class Repo(BaseModel):
    """A repository as the account sees it."""

    full_name: str
    private: bool
    internal: bool = False
    archived: bool = False
    has_issues: bool
    external_tracker: Any = None
    html_url: str = ""

    def closed(self) -> str | None:
        """Why no issues are kept here; lists are empty then, and numbers not found, whatever was made before."""
        if self.external_tracker is not None:
            return f"{self.full_name} leaves its issues to an external tracker"
        return None if self.has_issues else f"issues are switched off in {self.full_name}"


def read_repo(api: Api, name: str) -> Repo:
    """Raises Unavailable or Denied."""
    what = f"the repository {name}"
    try:
        return Repo.model_validate(api.read_json(f"/repos/{name}", what))
    except ValidationError:
        raise Unavailable(f"the server answered {what} with something else") from None


def may_write(api: Api, repo: str) -> bool:
    """Whether the account may write to issues; without that labels are dropped in silence.

    The rights that the repository shows are those to its code. So a change of a label is asked for that can't be
    there: who may write hears that there is none. Raises Unavailable or Denied.
    """
    reply = api.change("PATCH", f"/repos/{repo}/labels/{NO_LABEL}", {})
    error = verdict.of_read(reply, f"a change of labels in {repo}")
    if isinstance(error, verdict.ScopeMissing) or not isinstance(error, Denied):
        raise error
    return reply.status != 403


class Labels:
    """The ids of a repository's labels. An organisation's are left out: no list can be asked for them.

    Nothing keeps two labels from having one name, so the list is read again before one is made.
    """

    def __init__(self, api: Api, repo: str) -> None:
        self._api = api
        self._path = f"/repos/{repo}/labels"
        self._what = f"the labels of {repo}"
        self._known: dict[int, str] | None = None

    def forget(self) -> None:
        """Read them again when they are needed next."""
        self._known = None

    def named(self, name: str) -> list[int]:
        """The ids of all labels of exactly this name. Raises Unavailable or Denied."""
        return sorted(ident for ident, known in self._all().items() if known == name)

    def ids(self, names: Iterable[str]) -> list[int]:
        """One for each name, made where there is none. Raises Unavailable, Denied or Rejected: no ticket then."""
        wanted = list(names)
        if not all(map(self._like, wanted)):
            self.forget()
        return [self._like(name) or self._make(name) for name in wanted]

    def _like(self, name: str) -> int | None:
        """Its id, whatever the case; that of the shared one must be right, for lists are asked for it."""
        exact = self.named(name)
        if exact or name == SHARED_LABEL:
            return exact[0] if exact else None
        near = (ident for ident, known in sorted(self._all().items()) if known.casefold() == name.casefold())
        return next(near, None)

    def _all(self) -> dict[int, str]:
        if self._known is None:
            rows = listed(self._api, self._path, self._what).rows
            self._known = {ident: str(row.get("name")) for ident, row in rows.items()}
        return self._known

    def _make(self, name: str) -> int:
        reply = self._api.change("POST", self._path, {"name": name, "color": COLOR})
        label = json_of(reply) if reply.status == 201 else None
        ident = label.get("id") if isinstance(label, dict) else None
        if not isinstance(ident, int):
            error = verdict.of_read(reply, f"the new label {name!r}")
            raise Rejected(error.why, request_id=error.request_id) if reply.status == 422 else error
        self._all()[ident] = name
        return ident


def milestone_id(api: Api, repo: str, title: str) -> int:
    """The open milestone of this title: an unknown id would be dropped in silence. Raises Unavailable or Denied."""
    rows = listed(
        api, f"/repos/{repo}/milestones", f"the milestones of {repo}", {"state": "open", "name": title}
    ).rows
    found = sorted(ident for ident, row in rows.items() if row.get("title") == title)
    if not found:
        raise Denied(f"{repo} has no open milestone {title!r}", todo="Make it, or mend the target's milestone.")
    return found[0]
