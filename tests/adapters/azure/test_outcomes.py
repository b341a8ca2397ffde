"""What each answer proves, to a create and to a read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tmi_issue_sync.errors import Denied, Rejected, TrackerError, Unavailable, Uncertain
from tmi_issue_sync.sandbox.azure.auth import PAGE
from tmi_issue_sync.sandbox.wire import Reply, Request
from tmi_issue_sync_adapters.azure_devops import verdict
from tmi_issue_sync_adapters.wire import reply as wire

from ..loopback import Scripted, serving
from .world import Room, draft, error, marker, open_tracker, row

SIGNED = {"x-vss-e2eid": "e2e"}
RULE = {"fieldReferenceName": "System.Title", "fieldStatusFlags": "required", "errorMessage": "TF401320: Title."}
OTHER = {"FieldReferenceName": "Custom.X", "FieldStatusFlags": "required", "ErrorMessage": "TF401320: X."}
HTML = "text/html; charset=utf-8"


def answered(status: int, body: Any = None, headers: dict[str, str] | None = None, kind: str = "") -> wire.Reply:
    text = body if isinstance(body, str) else json.dumps(body)
    told = {"content-type": kind or "application/json"} | (headers or {})
    return wire.Reply(status, told, text)


@pytest.mark.parametrize(
    ("reply", "to_create", "to_read"),
    [
        (answered(401, error("TF400813")), Denied, Denied),
        (answered(401, "", SIGNED, HTML), Denied, Denied),
        (answered(401, "", kind=HTML), Uncertain, Unavailable),
        (answered(203, PAGE, kind=HTML), Denied, Denied),
        (answered(302, PAGE, {"location": "https://example.com/_signin?x=1"}, HTML), Denied, Denied),
        (answered(302, "", {"location": "https://example.com/else?x=1"}), Denied, Denied),
        (answered(307, ""), Denied, Denied),
        (answered(200, PAGE, SIGNED, HTML), Denied, Denied),
        (answered(200, PAGE, kind=HTML), Uncertain, Denied),
        (answered(200, "<html>hello</html>", kind=HTML), Uncertain, Unavailable),
        (answered(403, PAGE, kind=HTML), Uncertain, Denied),
        (answered(403, error("TF237111")), Denied, Denied),
        (answered(403, "<html>proxy</html>", kind=HTML), Uncertain, Unavailable),
        (answered(404, error("TF200016", "ProjectDoesNotExistWithNameException")), Denied, Denied),
        (answered(404, "<html>x</html>", SIGNED, HTML), Denied, Denied),
        (answered(404, "<html>x</html>", kind=HTML), Uncertain, Unavailable),
        (answered(400, error("no", "RuleValidationException", [RULE])), Rejected, Denied),
        (answered(400, error("no", "RuleValidationException", [RULE, OTHER])), Rejected, Denied),
        (answered(400, error("no", "RuleValidationException", [OTHER])), Denied, Denied),
        (answered(400, error("TF401347: Invalid tree name", "X")), Denied, Denied),
        (answered(400, error("VS403690: no")), Rejected, Denied),
        (answered(400, {"count": 1, "value": {"Message": "no"}}), Rejected, Denied),
        (answered(400, {"error": "proxy"}), Uncertain, Unavailable),
        (answered(413, error()), Rejected, Denied),
        (answered(415, error()), Rejected, Denied),
        (answered(429, error("TF400733")), Unavailable, Unavailable),
        (answered(429, "slow down", {"retry-after": "7"}, "text/plain"), Unavailable, Unavailable),
        (answered(429, "slow down", kind="text/plain"), Uncertain, Unavailable),
        (answered(409, error()), Uncertain, Unavailable),
        (answered(412, error()), Uncertain, Unavailable),
        (answered(500, error()), Uncertain, Unavailable),
        (answered(503, "x", {"retry-after": "9"}), Uncertain, Unavailable),
        (answered(201, {"id": 1}), Uncertain, Unavailable),
        (answered(200, {"id": 1}), Uncertain, Unavailable),
        (answered(200, "[" * 100_000), Uncertain, Unavailable),
        (answered(418, [1]), Uncertain, Unavailable),
    ],
)
def test_verdicts(reply: wire.Reply, to_create: type[TrackerError], to_read: type[TrackerError]) -> None:
    assert type(verdict.of_create(reply, "a new Issue", {"System.Title"})) is to_create
    assert type(verdict.of_read(reply, "x")) is to_read


def test_how_long_a_limit_shuts_us_out() -> None:
    for headers, seconds in (({"retry-after": "7"}, 7.0), ({"x-ratelimit-resource": "x"}, 60.0)):
        told = verdict.of_create(answered(429, "", headers), "x", set())
        assert isinstance(told, Unavailable)
        assert told.retry_after == seconds
    told = verdict.of_read(answered(503, "", {"retry-after": "9"}), "x")
    assert isinstance(told, Unavailable)
    assert told.retry_after == 9.0


def test_one_rule_in_the_older_form() -> None:
    custom = {
        "FieldReferenceName": "System.Title",
        "FieldStatusFlags": "required, invalidEmpty",
        "ErrorMessage": "T",
    }
    said = verdict.told(answered(400, error() | {"customProperties": custom | {"RuleValidationErrors": None}}))
    assert said is not None
    assert [(one.field, one.lacking) for one in said.rules] == [("System.Title", True)]


def test_no_words_of_the_query_get_out() -> None:
    moved = answered(302, "", {"location": "https://example.com/x?token=canary"})
    assert "canary" not in str(verdict.of_read(moved, "x"))


@pytest.mark.parametrize("sign_in", [401, 203, 302, 200])
def test_a_sign_in_page_however_it_comes_is_denied(room: Room, sign_in: int) -> None:
    room.tracker.create(draft())
    room.site.settings.sign_in = sign_in
    room.site.revoke(room.token)
    for call in (
        lambda: room.tracker.create(draft("t-2")),
        lambda: room.tracker.changed(None),
        lambda: room.connect().create(draft("t-2")),
    ):
        with pytest.raises(Denied) as caught:
            call()
        assert "personal access token" in caught.value.todo
    assert len(room.made()) == 1


def test_a_token_without_the_scope_and_one_without_rights(room: Room) -> None:
    reader = room.connect(token=room.site.add_user("bot", scopes=["vso.work"]))
    reader.changed(None)
    with pytest.raises(Denied, match="TF400813"):
        reader.create(draft())
    room.site.set_rights("bot", ["read"])
    with pytest.raises(Denied, match="TF237111"):
        room.tracker.create(draft())


def test_a_rate_limit_makes_nothing(room: Room) -> None:
    room.tracker.create(draft())
    room.site.rate_limit(0, retry_after=17)
    with pytest.raises(Unavailable) as caught:
        room.tracker.create(draft("t-2"))
    assert caught.value.retry_after == 17
    assert "TF400733" in str(caught.value) or "rate limit" in str(caught.value)
    assert len(room.made()) == 1


def test_a_delay_is_waited_for_and_a_long_one_closes_the_tracker(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.tracker.create(draft())
    slept: list[float] = []
    monkeypatch.setattr("tmi_issue_sync_adapters.azure_devops.api.time.sleep", slept.append)
    room.site.settings.pause = 20
    room.tracker.create(draft("t-2"))
    room.tracker.create(draft("t-3"))
    assert 19 < slept[-1] <= 20
    room.site.settings.pause = 600
    room.tracker.create(draft("t-4"))
    posts = len(room.posts())
    with pytest.raises(Unavailable, match="pause") as caught:
        room.tracker.create(draft("t-5"))
    assert caught.value.retry_after is not None
    assert 590 < caught.value.retry_after <= 600
    assert len(room.posts()) == posts


@pytest.mark.parametrize("text", ["", "nothing of ours", "<p>tmi-issue-sync v1</p>", marker("t-9").block()])
def test_a_ticket_whose_text_lost_the_marker_says_so(text: str) -> None:
    def answer(request: Request) -> Reply:
        if request.method == "GET":
            return Reply(200, {"value": []})
        return Reply(200, row(**{"System.Description": text}))

    with serving(Scripted(answer, name="azure-devops")) as url:
        assert open_tracker(f"{url}/example").create(draft()).marker is None


@pytest.mark.parametrize("body", [[], "x", {"id": 0, "fields": {}}, {"id": "7", "fields": {}}, {"id": 7}, row(-1)])
def test_a_success_that_is_no_work_item_is_uncertain(body: Any) -> None:
    def answer(request: Request) -> Reply:
        return Reply(200, {"value": []} if request.method == "GET" else body)

    with serving(Scripted(answer, name="azure-devops")) as url, pytest.raises(Uncertain):
        open_tracker(f"{url}/example").create(draft())
