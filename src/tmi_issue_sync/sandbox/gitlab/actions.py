"""Quick actions: lines of a text that GitLab takes for commands, runs and removes."""

from __future__ import annotations

import re
from dataclasses import dataclass

NAMES = (
    "approve|assign|award|cc|checkin_reminder|child_epic|clear_health_status|clear_weight|clone|close|confidential"
    "|copy_metadata|create_merge_request|done|due|duplicate|epic|estimate|health_status|invite_email|iteration|label"
    "|labels|link|lock|milestone|move|parent|promote_to|promote_to_incident|publish|react|reassign|relabel"
    "|remove_due_date|remove_estimate|remove_milestone|remove_time_spent|remove_zoom|reopen|set_parent|severity"
    "|shrug|spend|spent|subscribe|tableflip|tag|target_branch|timeline|title|todo|type|unassign|unlabel|unlock"
    "|unsubscribe|weight|zoom"
)
_TEXT = re.compile(
    r"(?P<code>^```.+?\n```$)"
    r"|(?P<html>^<[^>]+?>\n.+?\n</[^>]+?>$)"
    r"|(?P<quote>^>>>.+?\n>>>$)"
    rf"|^/(?P<name>{NAMES})(?: (?P<arg>[^\n]*))?(?:\s*\n|$)",
    re.MULTILINE | re.DOTALL | re.IGNORECASE,
)
"""What is left alone, and commands. Newer GitLabs leave code spans alone too: this is the one that runs most."""


@dataclass(frozen=True, slots=True)
class Action:
    """One command."""

    name: str
    arg: str


def extracted(text: str) -> tuple[str, list[Action]]:
    """The text without its commands, and these."""
    found: list[Action] = []

    def take(at: re.Match[str]) -> str:
        if at["name"] is None:
            return at[0]
        found.append(Action(at["name"].lower(), (at["arg"] or "").strip()))
        return ""

    kept = _TEXT.sub(take, text.replace("\r", ""))
    return (kept.rstrip(), found) if found else (text, [])
