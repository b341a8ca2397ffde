"""An Azure DevOps to make work items in: its rules, its sign-in pages, and the people who use it too."""

from tmi_issue_sync.sandbox.azure.site import AzureSite

__all__ = ["AzureSite"]
