"""Finding issues at the sandbox's Jira: JQL, its lag and its pages, and the reads that do not lag."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from sandbox.jira.api import Api, Json, adf, failure, refused
from tmi_issue_sync.sandbox.jira import JiraSite
from tmi_issue_sync.sandbox.log import Log

ALL = "project = SEC ORDER BY created ASC"


def fill(api: Api, pass_time: Callable[[float], None], how_many: int = 5) -> list[str]:
    """Issues, a minute apart: the first at 12:00:30."""
    keys = []
    for n in range(1, how_many + 1):
        words = f"word{n} tmi{n:03}"
        text = adf(words) if api.version == 3 else words
        keys.append(api.create(f"T{n}", labels=["tmi", "odd"] if n % 2 else ["tmi"], description=text))
        pass_time(60)
    return keys


@pytest.mark.parametrize(
    ("jql", "found"),
    [
        ("project = SEC", "54321"),
        ("project = sec order by created asc", "12345"),
        ("project in (SEC, OTHER) AND key != SEC-2 ORDER BY key DESC", "5431"),
        ("labels = odd ORDER BY created", "135"),
        ("labels in (odd, nothing) AND NOT labels = even ORDER BY created", "135"),
        ("labels = nothing", ""),
        ('labels = "ODD" AND (key = SEC-1 OR key = sec-3) ORDER BY created', "13"),
        ("reporter = currentUser() AND created >= '2026-05-01 12:02' ORDER BY created", "345"),
        ('created >= "2026/05/01 12:04"', "5"),
        ("created < '2026-05-01 12:02' ORDER BY created", "12"),
        ("created >= -2m ORDER BY created", "45"),
        ("updated >= '2026-05-01 12:05' ORDER BY created", "12"),
        ("status = Done", "2"),
        ("statusCategory != Done AND resolution = Unresolved ORDER BY created", "1345"),
        ("resolution IS NOT EMPTY", "2"),
        ("assignee is EMPTY AND id = SEC-4", "4"),
        ("issuetype = Task AND text ~ 'tmi003'", "3"),
        ('text ~ "tmi00"', ""),
        ('text ~ "tmi00*" ORDER BY created', "12345"),
        ('description ~ "\\"word4 tmi004\\""', "4"),
        ("summary ~ t5", "5"),
        ("text ~ spoken", "1"),
    ],
)
def test_jql(any_api: Api, any_site: JiraSite, pass_time: Callable[[float], None], jql: str, found: str) -> None:
    any_site.add_project("OTHER")
    fill(any_api, pass_time)
    any_site.close("SEC-2")
    any_site.comment("SEC-1", "a spoken word")
    assert "".join(key.rpartition("-")[2] for key in any_api.find(jql)) == found


@pytest.mark.parametrize(
    ("jql", "said"),
    [
        ("foo = 1", "Field 'foo' does not exist"),
        ("issue.property[tmi].key = x", "Field 'issue.property[tmi].key' does not exist"),
        ("project = NONE", "The value 'NONE' does not exist for the field 'project'."),
        ("key = SEC-99", "An issue with key 'SEC-99' does not exist for field 'key'."),
        ("key = hello", "The issue key 'hello' for field 'key' is invalid."),
        ("reporter = nobody", "The value 'nobody' does not exist for the field 'reporter'."),
        ("created >= noon", "Date value 'noon' for field 'created' is invalid."),
        ("labels ~ x", "The operator '~' is not supported by the 'labels' field."),
        ("text = x", "The operator '=' is not supported by the 'text' field."),
        ("project = SEC AND", "Error in the JQL Query"),
        ("project SEC", "Error in the JQL Query"),
        ("project = SEC) ", "Error in the JQL Query"),
        ("project = order", "reserved JQL word"),
        ("project = SEC ORDER BY rank", "Not able to sort using field 'rank'."),
        ('project = "SEC', "Error in the JQL Query"),
    ],
)
def test_what_jql_does_not_know_is_refused(any_api: Api, jql: str, said: str) -> None:
    status, messages = refused(lambda: any_api.find(jql))
    assert status == 400
    assert said in messages[0]


def test_an_unbounded_query_is_refused_by_cloud_alone(api: Api, dc: Api) -> None:
    api.create()
    dc.create()
    for jql in ("", "ORDER BY created DESC"):
        assert "Unbounded JQL" in refused(partial(api.find, jql))[1][0]
        assert dc.find(jql) == ["SEC-1"]


def test_times_are_in_the_zone_of_who_asks(site: JiraSite, login: Callable[..., Api]) -> None:
    api = login(site, site.add_user("bot", zone="Australia/Sydney"))
    api.create()
    assert api.get("myself")["timeZone"] == "Australia/Sydney"
    assert api.get("issue/SEC-1")["fields"]["created"] == "2026-05-01T22:00:30.000+1000"
    assert api.find('created >= "2026-05-01 22:00"') == ["SEC-1"]
    assert api.find('created >= "2026-05-01 22:01"') == []


def test_search_lags_and_reads_by_key_do_not(api: Api, site: JiraSite, pass_time: Callable[[float], None]) -> None:
    site.set_lag(60)
    key = api.create(labels=["tmi"], properties={"tmi": 1})
    assert api.find(ALL) == []
    assert api.get(f"issue/{key}")["key"] == key
    asked = {"issueIdsOrKeys": [key], "properties": ["tmi"]}
    assert api.post("issue/bulkfetch", asked)["issues"][0]["properties"] == {"tmi": 1}
    fresh = {"jql": "project = SEC", "reconcileIssues": [int(site.issues()[0]["id"])]}
    assert len(api.post("search/jql", fresh)["issues"]) == 1
    pass_time(59)
    assert api.find(ALL) == []
    pass_time(1)
    assert api.find(ALL) == [key]
    site.edit(key, labels=[])
    assert api.find("labels = tmi") == [key]
    pass_time(60)
    assert api.find("labels = tmi") == []
    site.delete(key)
    assert api.find(ALL) == []


def test_cloud_pages_by_token(api: Api, pass_time: Callable[[float], None]) -> None:
    keys = fill(api, pass_time)
    seen, token, calls = [], None, 0
    while True:
        more: Json = {"nextPageToken": token} if token else {}
        page = api.get("search/jql", jql=ALL, fields="summary", maxResults=2, **more)
        seen += [issue["key"] for issue in page["issues"]]
        calls, token = calls + 1, page.get("nextPageToken")
        assert page["isLast"] is (token is None)
        assert "total" not in page
        if token is None:
            break
    assert (seen, calls) == (keys, 3)
    assert api.get("search/jql", jql=ALL)["issues"][0].keys() == {"id"}
    assert failure(lambda: api.get("search/jql", jql=ALL, nextPageToken="x")).status_code == 400
    assert failure(lambda: api.get("search/jql", jql=ALL, maxResults=5001)).status_code == 400


def test_data_center_pages_by_number(dc: Api, pass_time: Callable[[float], None]) -> None:
    fill(dc, pass_time)
    page = dc.get("search", jql=ALL, startAt=3, maxResults=2)
    assert ([issue["key"] for issue in page["issues"]], page["total"]) == (["SEC-4", "SEC-5"], 5)
    assert page["issues"][0]["fields"]["summary"] == "T4"
    assert [issue.key for issue in dc.client.search_issues(ALL, maxResults=2)] == ["SEC-1", "SEC-2"]
    asked = {"jql": ALL, "fields": ["summary"], "maxResults": 1}
    assert dc.post("search", asked)["issues"][0]["fields"] == {"summary": "T1"}


def test_the_library_itself_finds_issues(any_api: Api, pass_time: Callable[[float], None]) -> None:
    keys = fill(any_api, pass_time)
    client = any_api.client
    look: Any = client.enhanced_search_issues if any_api.version == 3 else client.search_issues
    assert [issue.key for issue in look(ALL)] == keys


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("version", [2, 3])
def test_the_old_search_is_gone_from_cloud(api: Api, method: str, version: int) -> None:
    reply = failure(lambda: api.speaking(version).reply(method, "search", {"jql": ALL}))
    assert reply.status_code == 410
    assert "/rest/api/3/search/jql" in reply.json()["errorMessages"][0]


def test_many_by_key(api: Api, site: JiraSite, pass_time: Callable[[float], None], log: Log) -> None:
    fill(api, pass_time)
    site.add_project("OTHER")
    new = site.move("SEC-2", "OTHER")
    site.delete("SEC-3")
    asked = [f"SEC-{n}" for n in range(8, 0, -1)]
    found = api.post("issue/bulkfetch", {"issueIdsOrKeys": asked, "fields": ["summary"]})
    assert [issue["key"] for issue in found["issues"]] == ["SEC-1", new, "SEC-4", "SEC-5"]
    assert found["issueErrors"] == []
    assert found["issues"][0]["fields"] == {"summary": "T1"}
    assert "properties" not in found["issues"][0]
    most = [f"SEC-{n}" for n in range(1, 102)]
    assert failure(lambda: api.post("issue/bulkfetch", {"issueIdsOrKeys": most})).status_code == 400
    assert [entry.facts["old_key"] for entry in log.commits(kind="issue.moved")] == ["SEC-2"]


def test_what_could_not_be_fetched_once_is_named_by_its_id(api: Api, site: JiraSite) -> None:
    ids = {key: api.get(f"issue/{key}")["id"] for key in (api.create(), api.create())}
    asked = {"issueIdsOrKeys": [*ids, "SEC-3"]}
    site.cannot_fetch("SEC-2")
    found = api.post("issue/bulkfetch", asked)
    assert [issue["key"] for issue in found["issues"]] == ["SEC-1"]
    assert [error["id"] for error in found["issueErrors"]] == [ids["SEC-2"]]
    again = api.post("issue/bulkfetch", asked)
    assert ([issue["key"] for issue in again["issues"]], again["issueErrors"]) == (["SEC-1", "SEC-2"], [])


def test_data_center_has_neither_bulkfetch_nor_version_3(dc: Api) -> None:
    for api, path in ((dc, "issue/bulkfetch"), (dc, "search/jql"), (dc.speaking(3), "issue")):
        assert failure(partial(api.post, path, {})).status_code in (404, 405)
