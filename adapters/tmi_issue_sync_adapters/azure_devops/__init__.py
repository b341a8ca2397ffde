"""Azure DevOps, Services and Server. Tickets are the work items of one project.

Work items carry their marker at the end of their text, and all share the tag `tmi`. Azure DevOps has no key that
would make it refuse a second create. Who may see a work item is decided by its area path: single ones can't be kept
confidential, a whole area can, which is the operator's word (`confidential = true`).
"""

from __future__ import annotations

from tmi_issue_sync.tracker import Adapter, Tracker

from .options import Options, Target, above, key, traits
from .tracker import AzureTracker


def connect(options: Options, targets: tuple[Target, ...]) -> Tracker:
    """Sends nothing. All targets are in the same project. Raises ConfigError."""
    return AzureTracker(options, targets)


adapter = Adapter(Options, Target, key, traits, connect, above)
