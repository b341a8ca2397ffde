"""The sandbox's GitLab as the real client sees it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tmi_issue_sync.sandbox.gitlab import GitLabSite
from tmi_issue_sync.sandbox.log import Log

from .client import PROJECT, Client, refused


def test_an_issue_is_filed_and_shown(bot: Client, log: Log) -> None:
    made = bot.create(description="text", labels=["a", "b,c"], confidential=True, due_date="2026-06-01")
    shown = bot.project.issues.get(made.iid)
    assert (shown.iid, shown.title, shown.description, shown.state) == (1, "A threat", "text", "opened")
    assert (shown.labels, shown.confidential, shown.due_date) == (["a", "b", "c"], True, "2026-06-01")
    assert shown.created_at == "2026-05-01T12:00:30.123Z"
    assert shown.web_url == f"{bot.gl.url}/{PROJECT}/-/issues/1"
    assert shown.references["full"] == f"{PROJECT}#1"
    [commit] = log.commits("gitlab", "issue.created")
    assert (commit.facts["id"], commit.facts["body"]) == (made.id, "text")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"title": "x" * 256}, "is too long .maximum is 255 characters"),
        ({"title": " "}, "can't be blank"),
        ({"description": "x" * 1_048_577}, "is too long .maximum is 1048576 characters"),
        ({"description": 7}, "description is invalid"),
        ({"labels": 7}, "labels is invalid"),
        ({"confidential": "perhaps"}, "confidential is invalid"),
        ({"issue_type": "epic"}, "issue_type does not have a valid value"),
        ({"assignee_ids": "alice"}, "assignee_ids is invalid"),
    ],
)
def test_values_that_are_refused(bot: Client, log: Log, data: dict[str, Any], words: str) -> None:
    with refused(400, words):
        bot.create(**data)
    assert bot.reply("POST", "/projects/example%2Fthreats/issues", {}).json() == {"error": "title is missing"}
    assert not log.commits("gitlab", "issue.created")
    assert not log.faults()


@pytest.mark.parametrize("body", [b"", b"[1]", b'{"title": ', b'{"title": "\\ud800"}', b"[" * 100_000])
def test_bodies_that_make_no_sense(bot: Client, log: Log, body: bytes) -> None:
    url = f"{bot.gl.api_url}/projects/example%2Fthreats/issues"
    headers = {"PRIVATE-TOKEN": bot.gl.private_token or ""}
    assert bot.gl.session.post(url, data=body, headers=headers, timeout=5).status_code == 400
    assert not log.faults()


def test_every_answer_is_signed(bot: Client) -> None:
    for path in ("/user", "/nowhere", "/projects/1"):
        assert "correlation_id" in bot.reply("GET", path).headers["X-Gitlab-Meta"]


def test_who_is_let_in(bot: Client, site: GitLabSite, connect: Callable[[str], Client]) -> None:
    assert bot.gl.http_get("/user")["username"] == "bot"  # type: ignore[index]
    with refused(401, "401 Unauthorized"):
        connect("wrong").gl.auth()
    late = connect(site.add_user("late", expires=datetime(2026, 5, 1, tzinfo=UTC).date()))
    assert late.reply("GET", "/user").json()["error"] == "invalid_token"
    reader = connect(site.add_user("reader", scopes=("read_api",)))
    assert reader.project.issues.list(get_all=True) == []
    assert reader.reply("POST", "/projects/example%2Fthreats/issues", {"title": "x"}).json()["error"] == (
        "insufficient_scope"
    )
    site.block("reader")
    with refused(403, "Your account has been blocked"):
        reader.gl.auth()


def test_a_bearer_is_as_good(bot: Client) -> None:
    headers = {"Authorization": f"Bearer {bot.gl.private_token}"}
    assert bot.gl.session.get(f"{bot.gl.api_url}/user", headers=headers, timeout=5).json()["username"] == "bot"


def test_who_sees_a_project(site: GitLabSite, connect: Callable[[str], Client]) -> None:
    stranger = connect(site.add_user("stranger", level=None))
    anybody = connect("")
    expected = {"private": (404, 404), "internal": (200, 404), "public": (200, 200)}
    for visibility, statuses in expected.items():
        site.set_project(visibility=visibility)
        seen = [each.reply("GET", "/projects/example%2Fthreats").status_code for each in (stranger, anybody)]
        assert tuple(seen) == statuses


def test_who_sees_a_confidential_issue(bot: Client, site: GitLabSite, connect: Callable[[str], Client]) -> None:
    site.set_project(visibility="public")
    bot.create(confidential=True)
    seen = {}
    for name, level in (("stranger", None), ("guest", 10), ("planner", 15)):
        seen[name] = len(connect(site.add_user(name, level=level)).project.issues.list(get_all=True))
    assert seen == {"stranger": 0, "guest": 0, "planner": 1}
    site.set_level("bot", None)
    assert len(bot.project.issues.list(get_all=True)) == 1, "the author sees it"


def test_what_is_dropped_in_silence(site: GitLabSite, connect: Callable[[str], Client]) -> None:
    site.set_project(visibility="public")
    site.add_label("known")
    wanted: dict[str, Any] = {"labels": "known,new", "confidential": True, "due_date": "2026-06-01", "iid": 7}
    shown = {}
    for name, level in (("stranger", None), ("guest", 10), ("reporter", 20), ("owner", 50)):
        made = connect(site.add_user(name, level=level)).create(**wanted)
        shown[name] = (made.labels, made.confidential, made.due_date, made.iid)
    assert shown == {
        "stranger": ([], True, None, 1),
        "guest": (["known"], True, "2026-06-01", 2),
        "reporter": (["known", "new"], True, "2026-06-01", 3),
        "owner": (["known", "new"], True, "2026-06-01", 7),
    }


def test_a_number_that_is_taken(site: GitLabSite, connect: Callable[[str], Client]) -> None:
    owner = connect(site.add_user("owner", level=50))
    owner.create(iid=5)
    assert owner.create().iid == 6
    with refused(409, "Duplicated issue"):
        owner.create(iid=5)


def test_pages(bot: Client) -> None:
    for _ in range(45):
        bot.create()
    assert len(bot.project.issues.list(iterator=True)) == 45
    reply = bot.reply("GET", "/projects/example%2Fthreats/issues", page=2, sort="asc")
    assert [row["iid"] for row in reply.json()] == list(range(21, 41))
    told = {name: reply.headers[f"X-{name}"] for name in ("Page", "Next-Page", "Prev-Page", "Total")}
    assert told == {"Page": "2", "Next-Page": "3", "Prev-Page": "1", "Total": "45"}
    assert 'rel="next"' in reply.headers["Link"]
    assert len(bot.reply("GET", "/projects/example%2Fthreats/issues", per_page=500).json()) == 45
    assert bot.reply("GET", "/projects/example%2Fthreats/issues", page="x").status_code == 400


def test_offsets_end(bot: Client) -> None:
    reply = bot.reply("GET", "/projects/example%2Fthreats/issues", page=502, per_page=100)
    assert (reply.status_code, "maximum allowed offset of 50000" in reply.text) == (405, True)


def test_filters(bot: Client, site: GitLabSite, pass_time: Callable[[float], None]) -> None:
    bot.create("first", labels="tmi")
    pass_time(10)
    second = bot.create("second")
    site.close(1)

    def titles(**filters: Any) -> list[str]:
        return [one.title for one in bot.project.issues.list(get_all=True, sort="asc", **filters)]

    assert titles() == ["first", "second"]
    assert titles(state="opened") == ["second"]
    assert titles(labels="tmi") == ["first"]
    assert titles(labels="tmi,other") == []
    assert titles(author_id=second.author["id"]) == ["first", "second"]
    assert titles(author_id=1) == []
    assert titles(created_after="2026-05-01T12:00:40.123Z") == ["second"]
    assert titles(updated_after="2026-05-01T12:00:40Z") == ["first", "second"]
    for wrong in ({"state": "gone"}, {"updated_after": "soon"}, {"order_by": "x"}, {"author_id": "me"}):
        with refused(400, "valid|invalid"):
            titles(**wrong)


def test_the_wide_list_has_a_narrow_default(
    bot: Client, site: GitLabSite, connect: Callable[[str], Client]
) -> None:
    connect(site.add_user("other")).create("another's")
    bot.create("mine")
    assert [one.title for one in bot.gl.issues.list(get_all=True)] == ["mine"]
    assert len(bot.gl.issues.list(get_all=True, scope="all")) == 2
    site.set_project(archived=True)
    assert not bot.gl.issues.list(get_all=True, scope="all")
    assert len(bot.gl.issues.list(get_all=True, scope="all", non_archived=False)) == 2


def test_lists_lag(bot: Client, site: GitLabSite, pass_time: Callable[[float], None]) -> None:
    site.set_lag(60)
    made = bot.create()
    assert not bot.project.issues.list(get_all=True)
    assert bot.project.issues.get(made.iid).title == "A threat"
    pass_time(61)
    assert len(bot.project.issues.list(get_all=True)) == 1
