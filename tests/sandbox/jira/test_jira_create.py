"""Creates at the sandbox's Jira: what goes through, what is refused and in which words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.jira.api import Api, Json, adf, failure, refused
from tmi_issue_sync.sandbox.jira import JiraSite
from tmi_issue_sync.sandbox.log import Log

UNSETTABLE = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."
TOO_LONG = "The entered text is too long. It exceeds the allowed limit of {} characters."


def test_a_create_is_there_at_once_with_all_that_it_holds(api: Api, site: JiraSite, log: Log) -> None:
    body = adf("one tmi1", "two")
    key = api.create("T", properties={"tmi": {"key": "k"}}, description=body, labels=["tmi", "b"])
    assert key == "SEC-1"
    shown = api.get(f"issue/{key}", properties="tmi", fields="*all")
    assert shown["properties"] == {"tmi": {"key": "k"}}
    assert shown["fields"]["description"] == body
    assert shown["fields"]["reporter"]["accountId"] == site.account_id("bot")
    assert api.speaking(2).get(f"issue/{key}")["fields"]["description"] == "one tmi1\ntwo"
    (entry,) = log.commits(kind="issue.created")
    assert entry.facts["properties"] == {"tmi": {"key": "k"}}
    assert (entry.facts["key"], entry.facts["body"], entry.facts["author"]) == (key, "one tmi1\ntwo", "bot")
    (issue,) = site.issues("SEC")
    assert (issue["state"], issue["labels"], issue["properties"]) == ("open", ["b", "tmi"], {"tmi": {"key": "k"}})


def test_version_2_takes_wiki_text(any_api: Api) -> None:
    api = any_api.speaking(2)
    key = api.create(description="*bold*\n\nplain")
    assert api.get(f"issue/{key}")["fields"]["description"] == "*bold*\n\nplain"
    assert refused(lambda: api.create(description=adf("x"))) == (
        400,
        {"description": "Operation value must be a string"},
    )


def test_documents_must_be_sound(api: Api) -> None:
    def said(description: Any) -> Any:
        return refused(lambda: api.create(description=description))[1]["description"]

    assert "must be an Atlassian Document" in said("words")
    assert "must be an Atlassian Document" in said({"type": "paragraph"})
    text, block = {"type": "text", "text": "x"}, {"type": "paragraph", "content": []}
    unsound: list[Json] = [
        {"type": "text", "text": "x"},
        {"type": "paragraph", "content": [{"type": "text", "text": ""}]},
        {"type": "paragraph", "content": [block]},
        {"type": "paragraph", "content": [{**text, "marks": [{"type": "blink"}]}]},
        {"type": "heading", "attrs": {"level": 7}, "content": [text]},
        {"type": "bulletList", "content": [block]},
        {"type": "codeBlock", "content": [{**text, "marks": [{"type": "strong"}]}]},
        {"type": "macro"},
    ]
    for node in unsound:
        assert said({"type": "doc", "version": 1, "content": [node]}) == "INVALID_INPUT"
    assert said(adf("x" * 32768)) == "CONTENT_LIMIT_EXCEEDED"
    assert api.create(description=adf("x" * 32767))


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"summary": ""}, {"summary": "You must specify a summary of the issue."}),
        ({"summary": "x" * 256}, {"summary": "Summary can't exceed 255 characters."}),
        ({"summary": "\U0001f600" * 128}, {"summary": "Summary can't exceed 255 characters."}),
        ({"summary": "a\nb"}, {"summary": "The summary is invalid because it contains newline characters."}),
        ({"summary": 7}, {"summary": "Operation value must be a string"}),
        ({"labels": ["x y"]}, {"labels": "The label 'x y' contains spaces which is invalid."}),
        ({"labels": "x"}, {"labels": "data was not an array"}),
        ({"priority": {"id": "99"}}, {"priority": "The priority selected is invalid."}),
        ({"priority": {"name": "Urgent"}}, {"priority": "Priority name 'Urgent' is not valid"}),
        ({"priority": {"id": None}}, {"priority": "Specify the Priority (id or name) in the string format"}),
        ({"components": [{"name": "db"}]}, {"components": "Component name 'db' is not valid"}),
        ({"duedate": "1.5.2026"}, {"duedate": "Error parsing date string: 1.5.2026"}),
        ({"duedate": "2026-02-30"}, {"duedate": "Error parsing date string: 2026-02-30"}),
        (
            {"security": {"name": "Internal"}},
            {"security": UNSETTABLE.format("security")},
        ),
        (
            {"customfield_1": "x"},
            {"customfield_1": UNSETTABLE.format("customfield_1")},
        ),
    ],
)
def test_values_that_no_jira_takes(any_api: Api, fields: Json, errors: Json) -> None:
    assert refused(lambda: any_api.create(**fields)) == (400, errors)


def test_long_text_at_data_center(dc: Api) -> None:
    assert refused(lambda: dc.create(description="x" * 32768))[1] == {"description": TOO_LONG.format("32,767")}


def test_a_refused_create_burns_a_number(any_api: Api, log: Log) -> None:
    refused(lambda: any_api.create(labels=["x y"]))
    assert any_api.create() == "SEC-2"
    assert failure(lambda: any_api.get("issue/SEC-1")).status_code == 404
    assert len(log.commits()) == 1


def test_projects_and_types(any_api: Api, any_site: JiraSite, is_cloud: bool) -> None:
    def said(**fields: Any) -> Any:
        return refused(lambda: any_api.create(**fields))[1]

    any_site.add_project("OLD", archived=True)
    assert said(project={"key": "NONE"}) == {
        "project": "valid project is required" if is_cloud else "project is required"
    }
    assert "archived" in said(project={"key": "OLD"})["project"]
    invalid = "Specify a valid issue type" if is_cloud else "The issue type selected is invalid."
    assert said(issuetype={"name": "Story"}) == {"issuetype": invalid}
    assert list(said(issuetype=None)) == ["issuetype"]


def test_what_a_project_demands_is_told_and_asked_for(any_api: Api, any_site: JiraSite) -> None:
    team = any_site.require("Team", kind="select", options=["AppSec", "Infra"])
    note = any_site.require("Note", kind="text", issue_type="Bug")
    elsewhere = any_site.require("Elsewhere", kind="text", project="OTHER")
    any_site.security_level("Internal", required=True)
    meta = any_api.get("issue/createmeta/SEC/issuetypes")
    kinds = {kind["name"]: kind["id"] for kind in meta.get("issueTypes") or meta["values"]}
    told = any_api.get(f"issue/createmeta/SEC/issuetypes/{kinds['Bug']}")
    fields = {field["fieldId"]: field for field in told.get("fields") or told["values"]}
    needed = {name for name, field in fields.items() if field["required"]}
    assert needed == {"project", "issuetype", "summary", team, note, "security"}
    assert elsewhere not in fields
    assert [option["value"] for option in fields[team]["allowedValues"]] == ["AppSec", "Infra"]
    assert fields["security"]["allowedValues"][0]["name"] == "Internal"
    assert fields[team]["schema"]["custom"].endswith(":select")
    errors = {team: "Team is required.", "security": "Security Level is required."}
    assert refused(any_api.create) == (400, errors)
    given = {team: {"value": "Infra"}, "security": fields["security"]["allowedValues"][0]}
    key = any_api.create(**given)
    assert any_api.get(f"issue/{key}")["fields"][team]["value"] == "Infra"
    errors = {team: "Option value 'Sales' is not valid"}
    assert refused(lambda: any_api.create(**{**given, team: {"value": "Sales"}})) == (400, errors)
    assert refused(lambda: any_api.create(**given, kind="Bug")) == (400, {note: "Note is required."})


FIELDS: list[tuple[str, Any, Any, str]] = [
    ("text", "x", 5, "Operation value must be a string"),
    ("text", "x", "x" * 256, TOO_LONG.format(255)),
    ("text", "x", "\U0001f600" * 128, TOO_LONG.format(255)),
    ("number", 7.5, "7.5", "Operation value must be a number"),
    ("date", "2026-05-01", "May", "Error parsing date string: May"),
    ("select", {"value": "a"}, "a", "Specify a valid 'id' or 'value' for Extra"),
    ("multiselect", [{"value": "a"}], [{"value": "z"}], "Option value 'z' is not valid"),
    ("cascading", {"value": "b", "child": {"value": "c"}}, {"value": "b", "child": {"value": "z"}},
     "Option value 'z' is not valid"),
    ("labels", ["x"], ["x y"], "The label 'x y' contains spaces which is invalid."),
    ("sprint", 7, [7], "Number value expected as the Sprint id."),
    ("datetime", "2026-05-01T12:00:00.000+0000", "noon", "Error parsing time: noon"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "good", "bad", "said"), FIELDS)
def test_custom_fields(any_api: Api, any_site: JiraSite, kind: Any, good: Any, bad: Any, said: str) -> None:
    name = any_site.add_field("Extra", kind=kind, options={"a": [], "b": ["c"]})
    shown = any_api.get(f"issue/{any_api.create(**{name: good})}")["fields"][name]
    assert (shown[0]["id"] if kind == "sprint" else plain(shown)) == good
    assert refused(lambda: any_api.create(**{name: bad})) == (400, {name: said})


def plain(value: Any) -> Any:
    """A value as it was sent: options without their ids."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    return {k: plain(v) for k, v in value.items() if k in ("value", "child")} if isinstance(value, dict) else value


def test_people_are_named_by_account_or_by_name(api: Api, site: JiraSite, dc: Api) -> None:
    account = {"accountId": site.account_id("bot")}
    assert api.get(f"issue/{api.create(assignee=account)}")["fields"]["assignee"]["displayName"] == "bot"
    assert dc.get(f"issue/{dc.create(assignee={'name': 'bot'})}")["fields"]["assignee"]["name"] == "bot"
    assert refused(lambda: api.create(assignee={"accountId": "nobody"}))[1] == {
        "assignee": "User 'nobody' does not exist."
    }
    assert list(refused(lambda: api.create(assignee={"name": "bot"}))[1]) == ["assignee"]


def test_parents(api: Api, site: JiraSite) -> None:
    site.add_project("SUB", issue_types=["Task", "Sub-task"])
    epic, task = api.create(kind="Epic"), api.create()
    child = api.create(parent={"key": epic})
    assert api.get(f"issue/{child}")["fields"]["parent"]["key"] == epic
    assert site.issues()[-1]["parent"] == epic
    assert api.find(f"parent = {epic}") == [child]
    wrong = {"parent": "Given parent issue does not belong to appropriate hierarchy."}
    assert refused(lambda: api.create(parent={"key": task})) == (400, wrong)
    assert list(refused(lambda: api.create(parent={"key": "SEC-99"}))[1]) == ["parent"]
    assert list(refused(lambda: api.create(kind="Epic", parent={"key": epic}))[1]) == ["parent"]
    inside: Json = {"project": {"key": "SUB"}, "kind": "Sub-task"}
    assert "sub-task" in refused(lambda: api.create(**inside))[1]["parent"]
    outer = api.create(project={"key": "SUB"})
    assert api.create(**inside, parent={"key": outer}) == "SUB-3"


def test_epics_at_data_center(dc: Api, dc_site: JiraSite) -> None:
    assert refused(lambda: dc.create(kind="Epic")) == (400, {"customfield_10011": "Epic Name is required."})
    epic = dc.create(kind="Epic", customfield_10011="E")
    child = dc.create(customfield_10014=epic)
    assert dc_site.issues()[-1]["parent"] == epic
    assert dc.get(f"issue/{child}")["fields"]["customfield_10014"] == epic
    assert list(refused(lambda: dc.create(parent={"key": epic}))[1]) == ["parent"]
    assert list(refused(lambda: dc.create(customfield_10014="SEC-99"))[1]) == ["customfield_10014"]


def test_rights(any_site: JiraSite, login: Callable[..., Api], is_cloud: bool) -> None:
    def holding(name: str, *permissions: str) -> Api:
        token = any_site.add_user(name, permissions=["BROWSE_PROJECTS", *permissions])
        return login(any_site, token, name, cloud=is_cloud)

    reader, filer = holding("reader"), holding("filer", "CREATE_ISSUES")
    words = "You do not have permission to create issues in this project."
    assert refused(reader.create) == ((403, [words]) if is_cloud else (400, {"pid": words}))
    assert failure(lambda: reader.get("issue/createmeta/SEC/issuetypes")).status_code == 404
    key = filer.create()
    assert refused(lambda: filer.create(duedate="2026-05-01"))[1].keys() == {"duedate"}
    assert failure(lambda: filer.put(f"issue/{key}", {"fields": {"summary": "U"}})).status_code == 403
    mine = filer.get("mypermissions", permissions="CREATE_ISSUES,EDIT_ISSUES", projectKey="SEC")["permissions"]
    assert {name: one["havePermission"] for name, one in mine.items()} == {
        "CREATE_ISSUES": True,
        "EDIT_ISSUES": False,
    }


def test_the_body_must_be_json(api: Api) -> None:
    def sent(data: str, kind: str = "application/json") -> int:
        session = api.client._session
        return failure(lambda: session.post(api.at("issue"), data=data, headers={"Content-Type": kind})).status_code

    assert sent("{") == 400
    assert sent("[]") == 400
    assert sent('{"fields": {"summary": "\\ud800"}}') == 400
    assert sent("{}", "text/plain") == 415
