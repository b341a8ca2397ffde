"""A draft as the body of a create, or the reason why it can't be kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from tmi_issue_sync.errors import Rejected
from tmi_issue_sync.markup.clip import clip_line
from tmi_issue_sync.model import Draft, Json

from .options import BODY_MAX, TITLE_MAX, Target
from .repo import SHARED_LABEL

_SEVERITY = "severity/"
_DAYS = re.compile(r"\+(\d{1,4})d")


def target_of(draft: Draft, repo: str) -> Target:
    """The draft's target, if it can be kept there. Raises Rejected for what would be refused, dropped or broken."""
    if not isinstance(draft.target, Target) or draft.target.repo.lower() != repo.lower():
        raise Rejected(f"the ticket is meant for another place than {repo}")
    if why := _unkeepable(draft):
        raise Rejected(f"{repo} can't keep this ticket: {why}")
    return draft.target


def payload(draft: Draft, target: Target) -> dict[str, Json]:
    """What to POST, but for labels and milestone, which go by ids."""
    title = clip_line(draft.title, TITLE_MAX, _columns)
    body: dict[str, Json] = {"title": _whole(title), "body": _whole(_text(draft))}
    if assignees := draft.fields.get("assignees", [*target.assignees]):
        body["assignees"] = assignees
    days = {str(severity): count for severity, count in target.due_days.items()}.get(_severity(draft))
    due = draft.fields.get("due_date", None if days is None else f"+{days}d")
    if due is not None:  # only the date counts
        body["due_date"] = f"{_day(str(due)).isoformat()}T00:00:00Z"
    return body


def labels_of(draft: Draft) -> list[str]:
    """The shared one first; no two that differ in their case alone."""
    labels = {SHARED_LABEL: SHARED_LABEL}
    for label in draft.labels:
        labels.setdefault(label.casefold(), label)
    return list(labels.values())


def milestone_of(draft: Draft, target: Target) -> str | None:
    """The title of the milestone that it gets."""
    given = draft.fields.get("milestone")
    return given if isinstance(given, str) else target.milestone


def _unkeepable(draft: Draft) -> str | None:
    if draft.priority is not None:
        return "issues have no priority (a label can carry it)"
    if not draft.title.strip():
        return "its title is empty"
    if len(draft.title) > TITLE_MAX:
        return f"its title has {len(draft.title)} characters, and {TITLE_MAX} are allowed"
    if len(_text(draft)) > BODY_MAX:
        return f"its text has {len(_text(draft))} characters, and {BODY_MAX} are allowed"
    if not all(label.strip() for label in draft.labels):
        return "one of its labels is empty"
    return _bad_field(draft.fields)


def _bad_field(fields: Mapping[str, Json]) -> str | None:
    for name, value in fields.items():
        match name, value:
            case "assignees", list() if all(isinstance(login, str) for login in value):
                continue
            case "milestone", str() if value:
                continue
            case "due_date", str() if _is_day(value):
                continue
            case "assignees" | "milestone" | "due_date", _:
                kinds = "assignees: logins, milestone: a title, due_date: 2026-12-31 or +30d"
                return f"the field {name!r} can't be {value!r} ({kinds})"
            case _:
                return f"issues have no field {name!r} (there are assignees, milestone, due_date)"
    return None


def _is_day(text: str) -> bool:
    try:
        return bool(_day(text))
    except ValueError:
        return False


def _day(text: str) -> date:
    """A day, or so many from today. Raises ValueError."""
    ahead = _DAYS.fullmatch(text)
    return (datetime.now(UTC) + timedelta(days=int(ahead[1]))).date() if ahead else date.fromisoformat(text)


def _text(draft: Draft) -> str:
    return f"{draft.body}\n\n{draft.marker.block()}"


def _whole(text: str) -> str:
    """A NUL breaks the server, for as long as it is tried."""
    return text.replace("\0", "\ufffd")


def _severity(draft: Draft) -> str:
    named = (text for text in draft.labels if text.startswith(_SEVERITY))
    return next(named, f"{_SEVERITY}unknown").removeprefix(_SEVERITY)


def _columns(text: str) -> str:
    """As wide as Gitea takes it to be: most characters beyond Latin are two, and it cuts what is wider unmarked."""
    return "".join(char if ord(char) <= 0xFF else char * 2 for char in text)
