"""The types, states and fields that a new project of the sandbox's Azure DevOps has."""

from __future__ import annotations

from tmi_issue_sync.sandbox.azure.model import Field, ItemType, State

NEW, ACTIVE, RESOLVED = State("New", "Proposed"), State("Active", "InProgress"), State("Resolved", "Resolved")
CLOSED, REMOVED = State("Closed", "Completed"), State("Removed", "Removed")
BASIC = (State("To Do", "Proposed"), State("Doing", "InProgress"), State("Done", "Completed"))
TYPES = (
    ItemType("Issue", BASIC),
    ItemType("Task", (NEW, ACTIVE, CLOSED, REMOVED)),
    ItemType("Bug", (NEW, ACTIVE, RESOLVED, CLOSED)),
    ItemType("User Story", (NEW, ACTIVE, RESOLVED, CLOSED, REMOVED)),
    ItemType("Epic", (NEW, ACTIVE, RESOLVED, CLOSED, REMOVED)),
    ItemType("Impediment", (State("Open", "Proposed"), REMOVED)),
    ItemType("Old", (NEW, CLOSED), disabled=True),
)
BUG = frozenset({"Bug"})
FOUR = ("1", "2", "3", "4")
FIELDS = (
    Field("System.Title", "Title", required=True),
    Field("System.Description", "Description", "html"),
    Field("System.Tags", "Tags", "tags"),
    Field("System.State", "State", required=True),
    Field("System.Reason", "Reason"),
    Field("System.AreaPath", "Area Path", "area"),
    Field("System.IterationPath", "Iteration Path", "iteration"),
    Field("System.AssignedTo", "Assigned To", "identity"),
    Field("System.History", "History", "html"),
    Field("Microsoft.VSTS.Common.Priority", "Priority", "integer", allowed=FOUR, default=2),
    Field(
        "Microsoft.VSTS.Common.Severity",
        "Severity",
        allowed=("1 - Critical", "2 - High", "3 - Medium", "4 - Low"),
        default="3 - Medium",
        types=BUG,
    ),
    Field("Microsoft.VSTS.TCM.ReproSteps", "Repro Steps", "html", types=BUG),
    Field("Microsoft.VSTS.Scheduling.DueDate", "Due Date", "dateTime"),
    Field("System.Id", "ID", "integer", read_only=True),
    Field("System.Rev", "Rev", "integer", read_only=True),
    Field("System.TeamProject", "Team Project", read_only=True),
    Field("System.WorkItemType", "Work Item Type", read_only=True),
    Field("System.CreatedBy", "Created By", "identity", read_only=True),
    Field("System.CreatedDate", "Created Date", "dateTime", read_only=True),
    Field("System.ChangedDate", "Changed Date", "dateTime", read_only=True),
    Field("System.CommentCount", "Comment Count", "integer", read_only=True),
)
