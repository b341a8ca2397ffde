"""How the sandbox's Azure DevOps shows its things as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from tmi_issue_sync.sandbox.azure.model import Field, Item, ItemType, Project, User
from tmi_issue_sync.sandbox.azure.store import Store, tags_of


@dataclass(frozen=True, slots=True)
class Views:
    """Views for one request. `root` is the organization's own URL."""

    store: Store
    root: str

    @staticmethod
    def stamp(at: datetime) -> str:
        """A moment, as Azure DevOps writes it: no more digits than there are."""
        fraction = f"{at.microsecond // 1000:03}".rstrip("0")
        return f"{at:%Y-%m-%dT%H:%M:%S}{f'.{fraction}' if fraction else ''}Z"

    @staticmethod
    def tags(item: Item) -> list[str]:
        return tags_of(item)

    @staticmethod
    def split(tags: object) -> list[str]:
        return [tag for part in str(tags or "").split(";") if (tag := part.strip())]

    def person(self, user: User) -> dict[str, Any]:
        return {
            "displayName": user.name,
            "url": f"{self.root}/_apis/Identities/{user.id}",
            "_links": {"avatar": {"href": f"{self.root}/_apis/GraphProfile/MemberAvatars/{user.id}"}},
            "id": user.id,
            "uniqueName": user.email,
            "imageUrl": f"{self.root}/_apis/GraphProfile/MemberAvatars/{user.id}",
            "descriptor": f"aad.{user.id}",
        }

    def project(self, project: Project) -> dict[str, Any]:
        return {
            "id": project.id,
            "name": project.name,
            "url": f"{self.root}/_apis/projects/{project.id}",
            "state": project.state,
            "revision": 11,
            "visibility": "public" if project.public else "private",
        }

    def type(self, kind: ItemType, project: Project) -> dict[str, Any]:
        name = kind.name.replace(" ", "")
        return {
            "name": kind.name,
            "referenceName": f"Microsoft.VSTS.WorkItemTypes.{name}",
            "description": "",
            "color": "CC293D",
            "isDisabled": kind.disabled,
            "states": [self.state(kind, one.name) for one in kind.states],
            "url": self.at(project, f"wit/workItemTypes/{quote(kind.name)}"),
        }

    @staticmethod
    def state(kind: ItemType, name: str) -> dict[str, str]:
        state = next(one for one in kind.states if one.name == name)
        return {"name": state.name, "color": "b2b2b2", "category": state.category}

    def field(self, field: Field, project: Project, *, values: bool) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "defaultValue": field.default,
            "alwaysRequired": field.required,
            "dependentFields": [],
            "referenceName": field.ref,
            "name": field.name,
            "url": self.at(project, f"wit/fields/{field.ref}"),
        }
        return shown | ({"allowedValues": list(field.allowed)} if values else {})

    def any_field(self, field: Field) -> dict[str, Any]:
        kinds = {"tags": "plainText", "area": "treePath", "iteration": "treePath", "identity": "string"}
        return {
            "name": field.name,
            "referenceName": field.ref,
            "description": "",
            "type": kinds.get(field.kind, field.kind),
            "usage": "workItem",
            "readOnly": field.read_only,
            "canSortBy": field.kind != "html",
            "isQueryable": True,
            "supportedOperations": [],
            "isIdentity": field.kind == "identity",
            "isPicklist": bool(field.allowed),
            "isPicklistSuggested": False,
            "url": f"{self.root}/_apis/wit/fields/{field.ref}",
        }

    def at(self, project: Project, path: str) -> str:
        return f"{self.root}/{project.id}/_apis/{path}"

    def fields(self, item: Item) -> dict[str, Any]:
        """All that a work item holds; what is empty is left out."""
        told = {
            "System.Id": item.id,
            "System.Rev": item.rev,
            "System.TeamProject": item.project.name,
            "System.WorkItemType": item.type.name,
            "System.CreatedBy": self.person(self.store.users[item.author]),
            "System.CreatedDate": self.stamp(item.created),
            "System.ChangedDate": self.stamp(item.changed),
            "System.CommentCount": len(item.comments),
        }
        values = {name: value for name, value in item.values.items() if value not in (None, "")}
        if assigned := self.store.named(str(values.get("System.AssignedTo", ""))):
            values["System.AssignedTo"] = self.person(assigned)
        return told | values

    def item(self, item: Item, wanted: list[str] | None = None, *, expand: str = "none") -> dict[str, Any]:
        """A work item with these fields, or with all."""
        url = self.at(item.project, f"wit/workItems/{item.id}")
        every = self.fields(item)
        names = None if wanted is None else {name.casefold() for name in wanted}
        shown: dict[str, Any] = {
            "id": item.id,
            "rev": item.rev,
            "fields": {name: value for name, value in every.items() if names is None or name.casefold() in names},
        }
        if item.relations and (expand in ("all", "relations") or wanted is None):
            shown["relations"] = list(item.relations)
        if wanted is None:
            page = f"{self.root}/{quote(item.project.name)}/_workitems/edit/{item.id}"
            shown["_links"] = {"self": {"href": url}, "html": {"href": page}}
        return shown | {"url": url}
