"""A draft as the body of a create, or the reason why GitLab can't keep it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tmi_issue_sync.errors import Rejected
from tmi_issue_sync.model import Draft, Marker

from .fields import BadValue, values
from .listing import SHARED_LABEL
from .options import TEXT_MAX, TITLE_MAX, Target
from .text import disarmed

LABEL_MAX = 255
_SEVERITY = "severity/"


@dataclass(frozen=True, slots=True)
class Shaper:
    """Drafts for one project. `user` and `milestone` give ids by what an operator writes. They raise Denied."""

    today: date
    user: Callable[[str], int]
    milestone: Callable[[str], int]

    def payload(self, draft: Draft, target: Target) -> dict[str, Any]:
        """What to POST. Raises Denied for what would be refused of every draft."""
        labels = {label.casefold(): label for label in (*draft.labels, SHARED_LABEL)}
        body: dict[str, Any] = {
            "title": draft.title,
            "description": description(draft),
            "labels": ",".join(labels.values()),
            "confidential": target.confidential or draft.confidential,
            "issue_type": target.issue_type,
        }
        days = {str(severity): count for severity, count in target.due_days.items()}.get(_severity(draft))
        if days is not None:
            body["due_date"] = (self.today + timedelta(days=days)).isoformat()
        if target.assignee is not None:
            body["assignee_ids"] = [self.user(target.assignee)]
        if target.milestone is not None:
            body["milestone_id"] = self.milestone(target.milestone)
        try:
            return body | values(draft.fields, self.today)
        except BadValue as error:
            raise Rejected(f"GitLab can't keep this ticket: {error.why}", todo=error.todo) from error


def target_of(draft: Draft, project: str) -> Target:
    """The draft's target, if it can be kept there at all. Raises Rejected for what GitLab would refuse or drop."""
    target = draft.target
    if not isinstance(target, Target) or target.project.lower() != project.lower():
        raise Rejected(f"GitLab can't keep this ticket: it is meant for another place than {project}")
    if why := _unkeepable(draft):
        raise Rejected(f"GitLab can't keep this ticket: {why}")
    return target


def description(draft: Draft) -> str:
    """The body, with the marker's block as its last line and no quick action."""
    return disarmed(f"{draft.body}\n\n{draft.marker.block()}")


def _unkeepable(draft: Draft) -> str | None:
    text = description(draft)
    if draft.priority is not None:
        return "issues have no priority (a label can carry it)"
    if not draft.title.strip():
        return "its title is empty"
    if len(draft.title) > TITLE_MAX or "\n" in draft.title or "\r" in draft.title:
        return f"its title is not one line of at most {TITLE_MAX} characters"
    if len(text) > TEXT_MAX:
        return f"its text has {len(text)} characters, and {TEXT_MAX} are allowed"
    if Marker.parse(text) != draft.marker:
        return "its text swallows the marker that goes last"
    return _bad_label(draft.labels)


def _bad_label(labels: tuple[str, ...]) -> str | None:
    """GitLab makes several labels of one with a comma."""
    bad = next((label for label in labels if not label.strip() or len(label) > LABEL_MAX or "," in label), None)
    return None if bad is None else f"the label {bad!r} is empty, longer than {LABEL_MAX} or has a comma"


def _severity(draft: Draft) -> str:
    named = (text for text in draft.labels if text.startswith(_SEVERITY))
    return next(named, f"{_SEVERITY}unknown").removeprefix(_SEVERITY)
