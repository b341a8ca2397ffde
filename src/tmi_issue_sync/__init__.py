"""tmi-issue-sync: exactly one ticket per threat of a TMI server."""

__version__ = "0.1.0"
