"""Gitea and Forgejo. Tickets are the issues of one repository.

Issues carry their marker at the end of their text, and all share the label `tmi`. Neither server has a key that
would make it refuse a second create, confidential issues or priorities; what an account may not set is dropped.
"""

from __future__ import annotations

from tmi_issue_sync.tracker import Adapter, Tracker

from .options import Options, Target, key, traits
from .tracker import GiteaTracker


def connect(options: Options, targets: tuple[Target, ...]) -> Tracker:
    """Sends nothing. All targets are the same repository. Raises ConfigError."""
    return GiteaTracker(options, targets)


adapter = Adapter(Options, Target, key, traits, connect)
