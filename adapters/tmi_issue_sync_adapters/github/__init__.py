"""GitHub: github.com, data residency and Enterprise Server. Tickets are the issues of one repository.

Issues carry their marker at the end of their text, and all share the label `tmi`. GitHub has no key that would
make it refuse a second create, no confidential issues and no priorities.
"""

from __future__ import annotations

from tmi_issue_sync.tracker import Adapter, Tracker

from .options import Options, Target, key, traits
from .tracker import GitHubTracker


def connect(options: Options, targets: tuple[Target, ...]) -> Tracker:
    """Sends nothing. All targets are the same repository. Raises ConfigError."""
    return GitHubTracker(options, targets[0])


adapter = Adapter(Options, Target, key, traits, connect)
