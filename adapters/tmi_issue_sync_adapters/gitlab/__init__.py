"""GitLab: gitlab.com and self-managed. Tickets are the issues of one project.

Issues carry their marker at the end of their description, and all share the label `tmi`. They are confidential by
default. GitLab has no key that would make it refuse a second create; what it runs of a text by itself (quick
actions) is disarmed.
"""

from __future__ import annotations

from tmi_issue_sync.tracker import Adapter, Tracker

from .options import Options, Target, key, traits
from .tracker import GitLabTracker


def connect(options: Options, targets: tuple[Target, ...]) -> Tracker:
    """Sends nothing. All targets are the same project. Raises ConfigError."""
    return GitLabTracker(options, targets)


adapter = Adapter(Options, Target, key, traits, connect)
