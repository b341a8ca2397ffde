"""A draft as the body of a create, or the reason why GitHub can't keep it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tmi_issue_sync.errors import Rejected
from tmi_issue_sync.model import Draft, Json

from .listing import SHARED_LABEL
from .options import BODY_MAX, TITLE_MAX, Target

LABELS_MAX = 100
LABEL_MAX = 50


def payload(draft: Draft, repo: str) -> dict[str, Any]:
    """What to POST. Raises Rejected for whatever GitHub would refuse or drop."""
    body = f"{draft.body}\n\n{draft.marker.block()}"
    if why := _unkeepable(draft, repo, body):
        raise Rejected(f"GitHub can't keep this ticket: {why}")
    labels = {label.casefold(): label for label in (*draft.labels, SHARED_LABEL)}
    return {"title": draft.title, "body": body, "labels": list(labels.values()), **draft.fields}


def _unkeepable(draft: Draft, repo: str, body: str) -> str | None:
    if not isinstance(draft.target, Target) or draft.target.repo.lower() != repo.lower():
        return f"it is meant for another place than {repo}"
    if draft.priority is not None:
        return "issues have no priority (a label can carry it)"
    if not draft.title.strip():
        return "its title is empty"
    if len(draft.title) > TITLE_MAX:
        return f"its title has {len(draft.title)} characters, and {TITLE_MAX} are allowed"
    if len(body) > BODY_MAX:
        return f"its text has {len(body)} characters, and {BODY_MAX} are allowed"
    return _bad_label(draft.labels) or _bad_field(draft.fields)


def _bad_label(labels: tuple[str, ...]) -> str | None:
    if len(labels) >= LABELS_MAX:
        return f"it has {len(labels)} labels, and {LABELS_MAX - 1} are allowed beside {SHARED_LABEL!r}"
    bad = next((label for label in labels if not label.strip() or len(label) > LABEL_MAX), None)
    return None if bad is None else f"the label {bad!r} is empty or longer than {LABEL_MAX} characters"


def _bad_field(fields: Mapping[str, Json]) -> str | None:
    for name, value in fields.items():
        match name, value:
            case "assignees", list() if all(isinstance(login, str) for login in value):
                continue
            case "milestone", int() if not isinstance(value, bool):
                continue
            case "type", str():
                continue
            case "assignees" | "milestone" | "type", _:
                return (
                    f"the field {name!r} can't be {value!r} (assignees: logins, milestone: a number, type: a name)"
                )
            case _:
                return f"issues have no field {name!r} (there are assignees, milestone, type)"
    return None
