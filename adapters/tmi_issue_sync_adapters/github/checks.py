"""What `check` finds out about a GitHub."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from tmi_issue_sync.errors import TrackerError, Unavailable
from tmi_issue_sync.model import Finding, Level
from tmi_issue_sync_adapters.wire.line import Line
from tmi_issue_sync_adapters.wire.links import link_findings
from tmi_issue_sync_adapters.wire.reply import Reply, date_of

from .api import Api
from .app import Installation
from .listing import SHARED_LABEL

SOON = timedelta(days=14)
EXPIRES = "github-authentication-token-expiration"


def findings(api: Api, line: Line, repo: str, host: str, account: Callable[[Line], str]) -> list[Finding]:
    """One line each; the first that is an error of the way there ends it. One call, where the account is known."""
    found: list[Finding] = []
    try:
        found.append(Finding(Level.OK, f"signed in as {account(line)} on {host}"))
        reply = api.read(line, f"/repos/{repo}")
        shown = api.json_of(reply, f"the repository {repo}")
        if not isinstance(shown, dict):
            raise Unavailable(f"GitHub answered the repository {repo} with something else")
        found += _token(reply)
        found += _repository(shown, repo)
        found += link_findings(urlsplit(str(shown.get("html_url"))), host, "GitHub")
        if api.installation is not None:
            found += _app_rights(api.installation, repo)
        else:
            found += _label(api, line, repo, _may_label(shown))
    except TrackerError as error:
        found.append(Finding(Level.ERROR, error.why, error.todo))
    return found


def _token(reply: Reply) -> Iterator[Finding]:
    ends, now = _expiry(reply), date_of(reply)
    if ends is not None and now is not None:
        near = ends - now < SOON
        what = f"the token expires on {ends:%Y-%m-%d}"
        yield Finding(Level.WARNING, what, "Make a new one before.") if near else Finding(Level.OK, what)


def _expiry(reply: Reply) -> datetime | None:
    text = reply.headers.get(EXPIRES, "").strip().replace(" UTC", " +0000")
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z").astimezone(UTC)
    except ValueError:
        return None


def _repository(shown: Mapping[str, Any], repo: str) -> Iterator[Finding]:
    name, private = str(shown.get("full_name")), shown.get("private")
    if name.lower() != repo.lower():
        yield Finding(Level.ERROR, f"{repo} has moved: it is {name} now", f'Set the target\'s repo = "{name}".')
    if not isinstance(private, bool):
        yield Finding(Level.ERROR, f"GitHub does not say whether {repo} is private")
    elif private:
        internal = shown.get("visibility") == "internal"
        who = "internal: everybody in the enterprise can read its tickets" if internal else "private"
        yield Finding(Level.OK, f"{name} is {who}", public=False)
    else:
        yield Finding(Level.OK, f"{name} is public: anybody can read its tickets", public=True)
    if shown.get("archived") is True:
        yield Finding(Level.ERROR, f"{name} is archived, and takes no tickets", "Unarchive it, or name another.")
    if shown.get("has_issues") is False:
        yield Finding(Level.ERROR, f"issues are switched off in {name}", "Switch them on in its settings.")


def _app_rights(installation: Installation, repo: str) -> Iterator[Finding]:
    """The repository shows the rights of a person; an App's own came with its token."""
    rights = installation.rights
    if rights is None:
        return
    if rights.get("issues") == "write":
        yield Finding(Level.OK, f"this App may label: {SHARED_LABEL!r} is on every ticket")
    else:
        todo = 'Give it the repository permission "Issues: read and write", and accept that where it is installed.'
        yield Finding(Level.ERROR, f"this App may make no issues in {repo}", todo)


def _may_label(shown: Mapping[str, Any]) -> bool:
    rights = shown.get("permissions")
    return not isinstance(rights, dict) or rights.get("push") is not False


def _label(api: Api, line: Line, repo: str, may: bool) -> Iterator[Finding]:
    """Who may label makes the shared one with the first ticket: no call to ask for it."""
    if may:
        yield Finding(Level.OK, f"this account may label: {SHARED_LABEL!r} is on every ticket")
        return
    yield Finding(
        Level.WARNING,
        f"GitHub drops labels, assignees and milestones that this account sets in {repo}",
        "Give the account the role Write. Without it tickets are made, but found by their author alone.",
    )
    reply = api.read(line, f"/repos/{repo}/labels/{SHARED_LABEL}")
    if reply.status == 404:
        todo = f"Somebody with the role Write creates it: {SHARED_LABEL}."
        yield Finding(Level.WARNING, f"{repo} has no label {SHARED_LABEL!r}", todo)
    else:
        api.json_of(reply, f"the label {SHARED_LABEL!r}")
