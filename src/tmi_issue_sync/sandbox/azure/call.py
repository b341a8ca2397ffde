"""One call of the sandbox's Azure DevOps: who asks for what, and what they may see and do."""

from __future__ import annotations

from dataclasses import dataclass

from tmi_issue_sync.sandbox.azure.errors import refusal, unseen
from tmi_issue_sync.sandbox.azure.model import Item, ItemType, Project, User
from tmi_issue_sync.sandbox.azure.store import Store
from tmi_issue_sync.sandbox.azure.views import Views
from tmi_issue_sync.sandbox.wire import Request


@dataclass(frozen=True, slots=True)
class Call:
    """A request, who makes it, and all that is needed to answer it."""

    request: Request
    user: User
    store: Store
    views: Views
    within: str | None
    """The project's name in the path, as it was written."""

    def may(self, right: str, project: Project) -> bool:
        user = self.user
        return right in user.rights and (user.projects is None or project.name in user.projects)

    def sees(self, item: Item) -> bool:
        """Whether a work item exists for who asks: by its project, and by its area."""
        area = str(item.values["System.AreaPath"])
        hidden = any(area == path or area.startswith(f"{path}\\") for path in self.user.blind)
        return self.may("read", item.project) and not hidden

    @property
    def project(self) -> Project:
        """The project of the path, if it exists for who asks."""
        return self.named(self.within or "")

    def named(self, name: str) -> Project:
        project = self.store.project(name)
        if project is None or not self.may("read", project):
            words = (
                f"TF200016: The following project does not exist: {name}. Verify that the name of the project is"
                " correct and that the project exists on the specified Azure DevOps Server."
            )
            raise refusal(404, words, "ProjectDoesNotExistWithNameException")
        return project

    def item(self, number: int) -> Item:
        """The work item of a number, if it exists for who asks and in the path's project."""
        item = self.store.items.get(number)
        if item is None or item.deleted is not None or not self.sees(item):
            raise unseen(number)
        if self.within is not None and item.project is not self.project:
            raise unseen(number)
        return item

    def kind(self, name: str) -> ItemType:
        kind = self.project.types.get(name.casefold())
        if kind is None:
            words = f"VS402323: Work item type {name} does not exist in project {self.project.name}, or you do not"
            raise refusal(404, f"{words} have permission to access it.", "WorkItemTypeNotFoundException")
        return kind

    def writes(self, project: Project, values: dict[str, object]) -> None:
        """Refuse who may not write there, or may not make the tags that are new."""
        if not self.may("write", project):
            words = "TF237111: The current user does not have permissions to save work items under the specified"
            raise refusal(403, f"{words} area path.", "WorkItemUnauthorizedSaveException")
        known = {tag.casefold() for item in self.store.items.values() for tag in self.views.tags(item)}
        new = [tag for tag in self.views.split(values.get("System.Tags")) if tag.casefold() not in known]
        if new and not self.may("tags", project):
            words = "TF401289: The current user does not have permissions to create tags."
            raise refusal(403, words, "WorkItemUnauthorizedAttachmentException")
