"""A GitLab to file issues in: its roles, silent drops, quick actions and lag, and the people who use it too."""

from tmi_issue_sync.sandbox.gitlab.site import GitLabSite

__all__ = ["GitLabSite"]
