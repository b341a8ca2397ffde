"""The sandbox's TMI server."""

from tmi_issue_sync.sandbox.tmi.site import TmiSite

__all__ = ["TmiSite"]
