"""Jira Cloud and Data Center. Tickets are the issues of one project.

Issues carry their marker at the end of their text and as an entity property, both within the request that makes
them, and all share the label `tmi`. Jira has no key that would make it refuse a second create; its searches come
from an index that is minutes late, its reads by key do not. Single issues are kept confidential by security levels.
"""

from __future__ import annotations

from tmi_issue_sync.tracker import Adapter, Tracker

from .options import Options, Target, above, key, traits
from .tracker import JiraTracker


def connect(options: Options, targets: tuple[Target, ...]) -> Tracker:
    """Sends nothing. All targets are in the same project. Raises ConfigError."""
    return JiraTracker(options, targets)


adapter = Adapter(Options, Target, key, traits, connect, above)
