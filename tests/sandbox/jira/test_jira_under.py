"""What hangs on an issue of the sandbox's Jira: properties, comments, transitions, links."""

from __future__ import annotations

from functools import partial
from typing import Any

from sandbox.jira.api import Api, adf, failure, refused
from tmi_issue_sync.sandbox.jira import JiraSite
from tmi_issue_sync.sandbox.log import Log


def test_entity_properties(any_api: Api, log: Log) -> None:
    key = any_api.create(properties={"tmi": {"a": 1}})
    before = any_api.get(f"issue/{key}")["fields"]["updated"]
    assert any_api.get(f"issue/{key}/properties/tmi") == {"key": "tmi", "value": {"a": 1}}
    assert any_api.put(f"issue/{key}/properties/tmi", {"a": 2}) == 200
    assert any_api.put(f"issue/{key}/properties/more", "x") == 201
    shown = any_api.get(f"issue/{key}", properties="*all")
    assert shown["properties"] == {"tmi": {"a": 2}, "more": "x"}
    assert shown["fields"]["updated"] == before
    assert {one["key"] for one in any_api.get(f"issue/{key}/properties")["keys"]} == {"tmi", "more"}
    assert failure(lambda: any_api.get(f"issue/{key}/properties/none")).status_code == 404
    assert failure(lambda: any_api.put(f"issue/{key}/properties/big", "x" * 32768)).status_code == 400
    assert failure(lambda: any_api.create(properties={"x" * 256: 1})).status_code == 400
    assert len(log.commits(kind="property.set")) == 2


def test_comments(any_api: Api, any_site: JiraSite, log: Log) -> None:
    key = any_api.create()
    text: Any = adf("hello") if any_api.version == 3 else "hello"
    assert any_api.post(f"issue/{key}/comment", {"body": text})["body"] == text
    any_site.comment(key, "hi")
    page = any_api.get(f"issue/{key}/comment", startAt=1)
    assert (page["total"], page["comments"][0]["author"]["displayName"]) == (2, "human")
    assert any_site.issues()[0]["comments"] == ["hello", "hi"]
    for body in ("", None):
        comment = partial(any_api.post, f"issue/{key}/comment", {"body": body})
        assert list(refused(comment)[1]) == ["comment"]
    assert [entry.facts["body"] for entry in log.commits(kind="comment.created")] == ["hello", "hi"]


def test_transitions(any_api: Api, any_site: JiraSite) -> None:
    key = any_api.create()
    ways = any_api.get(f"issue/{key}/transitions")["transitions"]
    assert [(way["name"], way["to"]["statusCategory"]["key"]) for way in ways] == [
        ("In Progress", "indeterminate"),
        ("Done", "done"),
    ]
    assert (
        any_api.reply("POST", f"issue/{key}/transitions", {"transition": {"id": ways[1]["id"]}}).status_code == 204
    )
    assert (any_site.issues()[0]["state"], any_site.issues()[0]["resolution"]) == ("closed", "Done")
    again = {"transition": {"id": ways[1]["id"]}}
    assert failure(lambda: any_api.post(f"issue/{key}/transitions", again)).status_code == 400
    fields = {"transition": {"id": "11"}, "fields": {"resolution": {"name": "Done"}}}
    assert list(refused(lambda: any_api.post(f"issue/{key}/transitions", fields))[1]) == ["resolution"]


def test_a_screen_may_ask_how_it_was_resolved(any_api: Api, any_site: JiraSite) -> None:
    any_site.add_project("SCR", resolution_screen=True)
    key = any_api.create(project={"key": "SCR"})
    ways = any_api.get(f"issue/{key}/transitions", expand="transitions.fields")["transitions"]
    (done,) = (way for way in ways if way["hasScreen"])
    allowed = [one["name"] for one in done["fields"]["resolution"]["allowedValues"]]
    assert "Duplicate" in allowed
    asked: dict[str, Any] = {"transition": {"id": done["id"]}}
    path = f"issue/{key}/transitions"
    assert refused(lambda: any_api.post(path, asked)) == (400, {"resolution": "Resolution is required."})
    any_api.post(path, asked | {"fields": {"resolution": {"name": "Duplicate"}}})
    assert any_site.issues()[0]["resolution"] == "Duplicate"


def test_links(any_api: Api, any_site: JiraSite) -> None:
    one, two = any_api.create(), any_api.create()
    link: dict[str, Any] = {
        "type": {"name": "Duplicate"},
        "inwardIssue": {"key": two},
        "outwardIssue": {"key": one},
    }
    assert any_api.reply("POST", "issueLink", link).status_code == 201
    assert [issue["links"] for issue in any_site.issues()] == [[("is duplicated by", two)], [("duplicates", one)]]
    (shown,) = any_api.get(f"issue/{two}")["fields"]["issuelinks"]
    assert (shown["type"]["outward"], shown["outwardIssue"]["key"]) == ("duplicates", one)
    assert failure(lambda: any_api.post("issueLink", link | {"type": {"name": "?"}})).status_code == 404
    assert failure(lambda: any_api.post("issueLink", link | {"inwardIssue": {"key": "SEC-9"}})).status_code == 404


def test_remote_links_are_one_for_each_global_id(any_api: Api, any_site: JiraSite) -> None:
    key = any_api.create()
    for title, status in (("Old", 201), ("New", 200)):
        link = {"globalId": "tmi:1", "object": {"url": "https://tmi.example/1", "title": title}}
        assert any_api.reply("POST", f"issue/{key}/remotelink", link).status_code == status
    (kept,) = any_site.issues()[0]["remote_links"]
    assert kept["object"]["title"] == "New"
    assert any_api.get(f"issue/{key}/remotelink", globalId="tmi:1")["id"] == kept["id"]
    assert list(refused(lambda: any_api.post(f"issue/{key}/remotelink", {"object": {}}))[1]) == ["title", "url"]
