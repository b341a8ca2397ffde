"""Making and changing work items at the sandbox's Azure DevOps, by the rules of the process."""

from __future__ import annotations

import pytest

from sandbox.azure.api import Api, said
from tmi_issue_sync.sandbox.azure import AzureSite
from tmi_issue_sync.sandbox.log import Log


def test_a_create_is_one_commit_with_all_that_it_has(api: Api, site: AzureSite, log: Log) -> None:
    site.add_area("Threats", "Web")
    number = api.create("A", System_Tags="a; B;b", System_AreaPath="threats\\web", type="User Story")
    [item] = site.issues()
    assert (item["id"], item["title"], item["tags"], item["type"]) == (number, "A", ["a", "B"], "User Story")
    assert item["fields"]["System.AreaPath"] == "Threats\\Web"
    assert item["fields"]["Microsoft.VSTS.Common.Priority"] == 2
    [entry] = log.commits("azure-devops")
    assert (entry.kind, entry.facts["body"], entry.facts["author"]) == ("issue.created", "<p>It is bad.</p>", "bot")


def test_a_rehearsal_says_the_same_and_makes_nothing(api: Api, site: AzureSite, log: Log) -> None:
    assert api.attempt(query={"validateOnly": "true"}).status == 200
    site.require("Team")
    assert "field Team" in said(api.attempt(query={"validateOnly": "true"}))
    assert not log.commits()
    assert not site.issues()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"title": ""}, "RuleValidationException TF401320: Rule Error for field Title. Error code: Required"),
        ({"title": "x" * 256}, "field Title. Error code: InvalidTooLong"),
        ({"title": "\U0001f600" * 128}, "field Title. Error code: InvalidTooLong"),
        ({"Microsoft_VSTS_Common_Priority": 9}, "LimitedToValues"),
        ({"Microsoft_VSTS_Common_Priority": "high"}, "LimitedToValues"),
        ({"System_State": "Gone"}, "field State"),
        ({"System_Id": 7}, "field ID. Error code: ReadOnly"),
        ({"System_AssignedTo": "nobody"}, "field Assigned To"),
        ({"Microsoft_VSTS_Scheduling_DueDate": "soon"}, "InvalidType"),
        ({"System_AreaPath": "Threats\\No"}, "TF401347"),
        ({"System_Tags": "a,b"}, "TF401407"),
        ({"Custom_No": 1}, "TF51535"),
        ({"Microsoft_VSTS_TCM_ReproSteps": "x"}, "TF51535"),
        ({"title": {"a": 1}}, "can't be read"),
        ({"type": "No"}, "404 WorkItemTypeNotFoundException"),
        ({"type": "Old"}, "disabled"),
    ],
)
def test_what_a_create_is_refused_for(api: Api, site: AzureSite, fields: dict[str, object], words: str) -> None:
    assert words in said(api.attempt(**fields))  # type: ignore[arg-type]
    assert not site.issues()


def test_all_that_rules_refuse_is_told_at_once(api: Api, site: AzureSite) -> None:
    site.require("Team", allowed=("Red",))
    site.require("Cost", types=["Bug"])
    reply = api.attempt("", type="Bug")
    errors = reply.body["customProperties"]["RuleValidationErrors"]
    assert [one["fieldReferenceName"] for one in errors] == ["System.Title", "Custom.Team", "Custom.Cost"]
    assert errors[1]["fieldStatusFlags"] == "required, hasValues, limitedToValues, invalidEmpty"
    assert "2 additional errors" in reply.body["message"]
    assert "Cost" not in said(api.attempt(""))


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ([], None, "valid patch document"),
        ({"a": 1}, "application/json-patch+json", "valid patch document"),
        ([{"op": "add", "path": "/fields/System.Title", "value": "x"}], "application/json", "415"),
        ([{"op": "move", "path": "/fields/System.Title"}], None, "VS403690"),
        ([{"op": "add", "path": "/relations/-", "value": {"rel": "x", "url": "y"}}], None, "TF401320"),
    ],
)
def test_patches_that_make_no_sense(api: Api, body: object, kind: str | None, words: str) -> None:
    assert words in said(api.reply("POST", api.at("workitems/$Issue"), body, kind))


def test_long_texts_are_rewritten_and_what_acts_is_taken_away(api: Api, site: AzureSite) -> None:
    text = (
        '<P onclick="x()" class=a>a &amp; b&#x27;s<script>bad()</script><br/><a href="javascript:x" rel=y>c</a></P>'
    )
    api.create(System_Description=text)
    assert site.issues()[0]["body"] == "<p>a &amp; b's<br><a>c</a></p>"


def test_a_parent_must_be_there(api: Api, site: AzureSite) -> None:
    epic = api.create(type="Epic")

    def below(number: int) -> object:
        url = f"http://127.0.0.1/example/_apis/wit/workItems/{number}"
        link = {"rel": "System.LinkTypes.Hierarchy-Reverse", "url": url}
        title = {"op": "add", "path": "/fields/System.Title", "value": "x"}
        return api.reply(
            "POST", api.at("workitems/$Issue"), [title, {"op": "add", "path": "/relations/-", "value": link}]
        )

    assert "TF401232" in said(below(99))  # type: ignore[arg-type]
    below(epic)
    assert site.issues()[-1]["relations"][0]["url"].endswith(f"/{epic}")


def test_rights_and_scopes(site: AzureSite, log: Log) -> None:
    reader = Api(site, site.add_user("bot", scopes=["vso.work"]))
    assert reader.find("[System.Id] > 0") == []
    assert "401 UnauthorizedRequestException TF400813" in said(reader.attempt())
    site.set_rights("bot", ["read"])
    writer = Api(site, site.add_user("bot", rights=["read"]))
    assert "403" in said(writer.attempt())
    site.set_rights("bot", ["read", "write"])
    assert "TF401289" in said(writer.attempt(System_Tags="new"))
    writer.create()
    site.set_rights("bot", ["read", "write"], projects=["Other"])
    assert "404 ProjectDoesNotExistWithNameException" in said(writer.attempt())
    assert len(log.commits(kind="issue.created")) == 1


def test_an_update_is_all_or_nothing_and_can_ask_for_a_revision(api: Api, site: AzureSite, log: Log) -> None:
    number = api.create()
    title = {"op": "add", "path": "/fields/System.Title", "value": "New"}
    assert "412" in said(api.change(number, {"op": "test", "path": "/rev", "value": 7}, title))
    assert api.change(number, {"op": "test", "path": "/rev", "value": 1}, title).body["rev"] == 2
    state = {"op": "add", "path": "/fields/System.State", "value": "Nothing"}
    assert "field State" in said(api.change(number, title, state))
    assert api.set(number, System_State="Done", System_History="<b>why</b>").status == 200
    [item] = site.issues()
    assert (item["title"], item["state"], item["rev"], item["comments"]) == ("New", "closed", 3, ["<b>why</b>"])
    assert [entry.kind for entry in log.commits()] == ["issue.created", "issue.edited", "issue.closed"]
    assert "TF401232" in said(api.set(99, System_Title="x"))


def test_a_state_may_ask_for_more(api: Api, site: AzureSite) -> None:
    site.add_field("Why")
    site.settings.rules_at_close = {"Custom.Why": "Why"}
    number = api.create()
    assert "field Why" in said(api.set(number, System_State="Done"))
    assert api.set(number, System_State="Done", Custom_Why="so").status == 200
