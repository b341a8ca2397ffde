"""What people do at the sandbox's Jira, and what they see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sandbox.jira.api import Api, adf, failure, refused
from tmi_issue_sync.sandbox.jira import JiraSite
from tmi_issue_sync.sandbox.log import Log


def test_people_close_and_reopen(any_api: Api, any_site: JiraSite, log: Log) -> None:
    key = any_api.create()
    any_site.close(key, "Won't Do")
    fields = any_api.get(f"issue/{key}")["fields"]
    assert fields["status"]["statusCategory"]["key"] == "done"
    assert (fields["resolution"]["name"], fields["resolutiondate"]) == ("Won't Do", fields["updated"])
    any_site.reopen(key)
    fields = any_api.get(f"issue/{key}")["fields"]
    assert (fields["status"]["statusCategory"]["key"], fields["resolution"]) == ("new", None)
    assert [entry.kind for entry in log.commits()] == ["issue.created", "issue.closed", "issue.reopened"]
    assert {entry.facts["actor"] for entry in log.commits()} == {"bot", "human"}


def test_a_team_managed_project_knows_no_resolution(api: Api, site: JiraSite) -> None:
    site.add_project("TEAM", team_managed=True)
    key = api.create(project={"key": "TEAM"})
    site.close(key)
    fields = api.get(f"issue/{key}")["fields"]
    assert (fields["status"]["name"], fields["resolution"]) == ("Done", None)
    assert api.get("project/TEAM")["style"] == "next-gen"


def test_an_issue_that_moved_answers_to_both_keys(any_api: Api, any_site: JiraSite) -> None:
    any_site.add_project("OTHER")
    key = any_api.create(properties={"tmi": 1})
    new = any_site.move(key, "OTHER")
    assert new == "OTHER-1"
    shown = [any_api.get(f"issue/{one}", properties="tmi") for one in (key, new, key.lower())]
    assert [(one["key"], one["properties"]) for one in shown] == [(new, {"tmi": 1})] * 3
    assert any_api.find(f"key = {key}") == [new]
    assert any_api.find("project = SEC") == []
    assert any_api.create() == "SEC-2"


def test_what_is_gone_and_what_is_hidden_look_alike_on_cloud(
    any_api: Api, any_site: JiraSite, login: Callable[..., Api], is_cloud: bool
) -> None:
    key, gone = any_api.create(), any_api.create()
    any_site.delete(gone)
    token = any_site.add_user("guest", projects=[])
    guest = login(any_site, token, "guest", cloud=is_cloud)
    assert failure(lambda: any_api.get(f"issue/{gone}")).status_code == 404
    assert failure(lambda: guest.get(f"issue/{key}")).status_code == (404 if is_cloud else 403)
    assert failure(lambda: guest.get("project/SEC")).status_code == 404
    assert refused(lambda: guest.find("project = SEC"))[0] == 400
    assert any_api.create() == "SEC-3"


def test_a_clone_has_the_words_but_not_the_properties(any_api: Api, any_site: JiraSite, log: Log) -> None:
    text: Any = adf("tmi1") if any_api.version == 3 else "tmi1"
    key = any_api.create("T", description=text, labels=["tmi"], properties={"tmi": 1})
    copies = [any_site.clone(key), any_site.clone(key, author="robot"), any_site.clone(key, author="bot")]
    shown = [any_api.get(f"issue/{one}", properties="*all") for one in copies]
    assert [one["properties"] for one in shown] == [{}, {}, {}]
    assert {one["fields"]["summary"] for one in shown} == {"T"}
    assert [one["author"] for one in any_site.issues()] == ["bot", "human", "robot", "bot"]
    assert {one["body"] for one in any_site.issues()} == {"tmi1"}
    assert any_site.issues()[1]["links"] == [("clones", key)]
    assert len(any_api.find("labels = tmi")) == 4
    assert len(log.commits(kind="issue.created")) == 4


def test_people_edit(any_api: Api, any_site: JiraSite, log: Log, pass_time: Callable[[float], None]) -> None:
    any_site.add_field("Team", kind="text")
    key = any_api.create("T", labels=["tmi"])
    pass_time(5)
    any_site.edit(key, summary="U", description="new", labels=[], Team="AppSec")
    (issue,) = any_site.issues()
    assert (issue["summary"], issue["body"], issue["labels"], issue["fields"]) == (
        "U",
        "new",
        [],
        {"Team": "AppSec"},
    )
    any_site.edit(key, summary="U")
    assert len(log.commits(kind="issue.edited")) == 1
    fields = any_api.get(f"issue/{key}")["fields"]
    assert (fields["created"][11:19], fields["updated"][11:19]) == ("12:00:30", "12:00:35")


def test_edits_by_the_api(any_api: Api, any_site: JiraSite) -> None:
    key = any_api.create("T", labels=["a", "b"])
    changes = {"labels": [{"add": "c"}, {"remove": "a"}], "summary": [{"set": "U"}]}
    assert any_api.put(f"issue/{key}", {"update": changes}) == 204
    assert any_api.get(f"issue/{key}", fields="summary,labels")["fields"] == {"summary": "U", "labels": ["b", "c"]}
    assert list(refused(lambda: any_api.put(f"issue/{key}", {"fields": {"summary": ""}}))[1]) == ["summary"]
    assert failure(lambda: any_api.put(f"issue/{key}", {"fields": ["x"]})).status_code == 400
    any_api.client.issue(key).update(summary="V")
    assert any_site.issues()[0]["summary"] == "V"


def test_security_levels_hide_from_who_is_no_member(
    any_api: Api, any_site: JiraSite, login: Callable[..., Api], is_cloud: bool
) -> None:
    any_site.security_level("Internal")
    any_site.security_level("Secret", members=["bot"])
    other = login(any_site, any_site.add_user("other"), "other", cloud=is_cloud)
    key = any_api.create(security={"name": "Secret"})
    assert any_api.get(f"issue/{key}")["fields"]["security"]["name"] == "Secret"
    assert any_site.issues()[0]["security"] == "Secret"
    assert failure(lambda: other.get(f"issue/{key}")).status_code in (403, 404)
    assert other.find("project = SEC") == []
    assert any_api.find("project = SEC") == [key]
    levels = [[one["name"] for one in api.get("project/SEC/securitylevel")["levels"]] for api in (any_api, other)]
    assert levels == [["Internal", "Secret"], ["Internal"]]
    said = {"security": "Security level name 'Secret' is not valid"}
    assert refused(lambda: other.create(security={"name": "Secret"})) == (400, said)


def test_an_archived_project_is_for_reading(any_api: Api, any_site: JiraSite) -> None:
    key = any_api.create()
    any_site.set_project("SEC", archived=True)
    assert any_api.get("project/SEC")["archived"] is True
    assert any_api.get(f"issue/{key}")["key"] == key
    assert any_api.find("project = SEC") == []
    assert refused(any_api.create)[0] == 400
    assert failure(lambda: any_api.put(f"issue/{key}/properties/x", 1)).status_code == 403


def test_what_jira_tells_of_itself(any_api: Api, any_site: JiraSite, is_cloud: bool) -> None:
    name = any_site.add_field("Team", kind="text")
    fields = {one["id"]: one for one in any_api.get("field")}
    assert fields[name]["name"] == "Team"
    assert [one["name"] for one in any_api.get("priority")] == ["Highest", "High", "Medium", "Low", "Lowest"]
    assert any_api.get("project/sec")["key"] == "SEC"
    assert failure(lambda: any_api.get("issue/createmeta")).status_code == (410 if is_cloud else 404)
    assert failure(lambda: any_api.get("nothing")).status_code == 404
    assert failure(lambda: any_api.reply("DELETE", "myself")).status_code == 405
    assert (
        any_api.client.create_issue(
            project="SEC", summary="by the library", issuetype={"name": "Task"}, prefetch=True
        ).fields.summary
        == "by the library"
    )


@pytest.mark.parametrize("size", [1, 2, 50])
def test_create_meta_is_paged(any_api: Api, size: int) -> None:
    rows: list[str] = []
    while True:
        page = any_api.get("issue/createmeta/SEC/issuetypes", startAt=len(rows), maxResults=size)
        rows += [kind["name"] for kind in page.get("issueTypes") or page.get("values")]
        if len(rows) >= page["total"]:
            break
    assert rows == ["Bug", "Task", "Epic"]


def test_pages_for_people(any_api: Api) -> None:
    text: Any = "<img src=x onerror=alert(1)>"
    body = adf(text) if any_api.version == 3 else text
    key = any_api.create("<script>alert(1)</script>", description=body, labels=["a&b"])
    page = httpx.get(f"{any_api.url}/browse/{key}")
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "<script" not in page.text
    assert "<pre>&lt;img src=x" in page.text
    assert "a&amp;b" in page.text
    assert f"/browse/{key}" in httpx.get(f"{any_api.url}/browse/SEC").text
    assert "Project SEC" in httpx.get(any_api.url).text
    for absent in ("/browse/SEC-9", "/browse/NONE", "/x"):
        assert httpx.get(any_api.url + absent).status_code == 404
