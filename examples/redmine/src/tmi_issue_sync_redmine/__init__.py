"""Redmine. Tickets are the issues of one project.

Issues carry their marker at the end of their description and in a custom field. Redmine has no key that would make
it refuse a second create; single issues can be private, where the account's role may make them so.
"""

from __future__ import annotations

from tmi_issue_sync.tracker import Adapter, Tracker

from .options import Options, Target, key, traits
from .redmine import RedmineTracker


def connect(options: Options, targets: tuple[Target, ...]) -> Tracker:
    """Sends nothing. All targets are in the same project. Raises ConfigError."""
    return RedmineTracker(options, targets)


adapter = Adapter(Options, Target, key, traits, connect)
