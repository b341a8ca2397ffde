"""A Gitea or a Forgejo to file issues in: what they refuse and drop in silence, and people who use them too."""

from tmi_issue_sync.sandbox.gitea.site import GiteaSite

__all__ = ["GiteaSite"]
