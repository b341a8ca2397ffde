"""A GitHub to file issues in: its limits, its silent drops, its lag, and the people who use it too."""

from tmi_issue_sync.sandbox.github.site import GitHubSite

__all__ = ["GitHubSite"]
