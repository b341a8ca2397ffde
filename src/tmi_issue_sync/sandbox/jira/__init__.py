"""A Jira to file issues in, Cloud or Data Center: its demands, its slow search, and the people who use it too."""

from tmi_issue_sync.sandbox.jira.site import JiraSite

__all__ = ["JiraSite"]
