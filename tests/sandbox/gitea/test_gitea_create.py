"""What a create makes, drops, cuts and breaks: as real servers did."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.gitea.conftest import REPO, Api
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.wire import Request


def test_everything_is_made_at_once(api: Api, log: Log) -> None:
    label, milestone = api.label("tmi"), api.site.add_milestone("Release")
    shared = api.site.add_shared_label("example", "everywhere")
    made = api.create(
        body="text", labels=[label, shared], milestone=milestone, assignees=["bot"], due_date="2026-12-31T00:00:00Z"
    )
    (kept,) = api.site.issues()
    assert (kept["labels"], kept["milestone"], kept["due"]) == (["tmi", "everywhere"], "Release", "2026-12-31")
    assert (made["number"], made["user"]["login"], made["state"]) == (1, "bot", "open")
    (entry,) = log.commits(kind="issue.created")
    assert (entry.facts["body"], entry.facts["labels"]) == ("text", ["tmi", "everywhere"])
    assert api.create(closed=True)["state"] == "closed"


def test_nothing_is_idempotent(api: Api) -> None:
    assert [api.create()["number"] for _ in range(2)] == [1, 2]


def test_what_is_unknown_is_dropped(api: Api) -> None:
    other = api.site.add_label("else", api.site.add_repo("example/other"))
    made = api.create(labels=[99, other], milestone=99, colour="red")
    assert (made["labels"], made["milestone"]) == ([], None)


def test_who_may_not_write_sets_nothing(api: Api) -> None:
    api.site.set_repo(private=False)
    label, milestone, reader = (
        api.label("tmi"),
        api.site.add_milestone("Release"),
        api.site.add_user("r", role="read"),
    )
    more = {"labels": [label], "milestone": milestone, "assignees": ["nobody"], "due_date": "2026-12-31T00:00:00Z"}
    reply = api("POST", f"{REPO}/issues", {"title": "x", **more}, token=reader)
    assert reply.status == 201
    (kept,) = api.site.issues()
    assert (kept["labels"], kept["milestone"], kept["assignees"], kept["due"]) == ([], None, [], None)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"title": ""},
        {"title": 5},
        {"title": "x", "body": 5},
        {"title": "x", "labels": ["tmi"]},
        {"title": "x", "labels": [True]},
        {"title": "x", "milestone": "Release"},
        {"title": "x", "assignees": ["nobody"]},
        {"title": "x", "assignees": ["stranger"]},
        {"title": "x", "due_date": "2026-12-31"},
        ["x"],
        b"{",
    ],
)
def test_what_is_refused_makes_nothing_and_burns_no_number(api: Api, body: Any) -> None:
    api.site.add_user("stranger", role="none")
    reply = api("POST", f"{REPO}/issues", body)
    assert reply.status == 422
    assert set(reply.body) >= {"message", "url"}
    assert api.create()["number"] == 1


def test_another_type_of_content_is_refused(api: Api) -> None:
    headers = {"authorization": f"token {api.token}", "content-type": "text/plain"}
    reply = api.site(Request.of("POST", f"/api/v1{REPO}/issues", headers, b'{"title": "x"}', "http://h"))
    assert reply.status == 422


@pytest.mark.parametrize("body", [{"title": "a\0b"}, {"title": "a", "body": "\0"}])
def test_a_nul_breaks_it_for_good(api: Api, body: dict[str, str]) -> None:
    for _ in range(2):
        reply = api("POST", f"{REPO}/issues", body)
        assert (reply.status, reply.body) == (500, {"message": ""})
    assert not api.site.issues()


def test_lone_surrogates_are_replaced_and_blank_titles_kept(api: Api) -> None:
    assert api.create("a\ud800b")["title"] == "a�b"
    assert api.create("   ")["title"] == ""


def test_long_titles(gitea: Api, forgejo: Api) -> None:
    for api in (gitea, forgejo):
        assert api.create("x" * 255)["title"] == "x" * 255
    assert gitea.create("x" * 256)["title"] == "x" * 253 + "…"
    assert gitea.create("\U0001f600" * 255)["title"] == "\U0001f600" * 126 + "…"
    assert forgejo.create("\U0001f600" * 255)["title"] == "\U0001f600" * 255
    assert forgejo("POST", f"{REPO}/issues", {"title": "x" * 256}).status == 500
    assert forgejo("PATCH", f"{REPO}/issues/1", {"title": "x" * 256}).status == 500


def test_labels_may_have_twins(api: Api) -> None:
    assert api.label("tmi") != api.label("tmi")
    assert [row["name"] for row in api("GET", f"{REPO}/labels").body] == ["tmi", "tmi"]
    for bad in ({"name": "x"}, {"color": "#fff"}, {"name": "x", "color": "green"}):
        assert api("POST", f"{REPO}/labels", bad).status == 422
