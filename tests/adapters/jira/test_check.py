"""`check`, the rehearsal of a draft, options and secrets."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from tmi_issue_sync.model import Level
from tmi_issue_sync.sandbox.wire import Reply, Request
from tmi_issue_sync_adapters.jira.tracker import JiraTracker

from ..loopback import Scripted, serving
from .world import Room, draft, levels, open_tracker


def told(tracker: JiraTracker, level: Level) -> str:
    return levels(list(tracker.check()), level)


def rehearsed(tracker: JiraTracker, level: Level = Level.ERROR, **changes: Any) -> str:
    return levels(list(tracker.rehearse(draft(**changes))), level)


def publicity(tracker: JiraTracker) -> list[bool]:
    return [one.public for one in tracker.check() if one.public is not None]


def test_all_is_well(room: Room) -> None:
    assert not told(room.tracker, Level.ERROR)
    assert "signed in as bot" in told(room.tracker, Level.OK)
    assert "may make tickets in SEC" in told(room.tracker, Level.OK)
    assert "http links" in told(room.tracker, Level.WARNING)
    assert publicity(room.tracker) == [False]
    assert not room.posts()
    assert "has all that Jira asks for" in rehearsed(room.tracker, Level.OK)


def test_what_is_wrong_is_named(room: Room) -> None:
    assert "Bug, Task, Epic" in told(room.connect({"issue_type": "Zzz"}), Level.ERROR)
    assert "did you mean 'Bug'?" in told(room.connect({"issue_type": "Bugg"}), Level.ERROR)
    assert "OPS" in told(room.connect({"project": "OPS"}), Level.ERROR)
    assert "does not know the account" in told(room.connect(token="no-token"), Level.ERROR)
    room.site.set_project("SEC", archived=True, public=True)
    assert "archived" in told(room.tracker, Level.ERROR)
    assert publicity(room.tracker) == [True]


def test_missing_rights_are_named(room: Room) -> None:
    room.site.add_user("bot", email="bot@example.com", permissions=["BROWSE_PROJECTS"])
    target = {"security": "Internal", "assignee": "ann", "due_days": {"high": 7}}
    found = told(room.connect(target), Level.ERROR)
    assert "Create issues, Set issue security, Assign issues, Schedule issues" in found
    assert "Transition issues" in told(room.tracker, Level.WARNING)
    assert "Set issue security" not in told(room.tracker, Level.ERROR)


def test_the_kind_and_the_place_of_a_server(room: Room) -> None:
    def answer(request: Request) -> Reply:
        reply = room.site(request)
        if request.path.endswith("/serverInfo"):
            reply.body |= {
                "deploymentType": "Server" if room.cloud else "Cloud",
                "baseUrl": "https://my_jira.example.com",
            }
        return reply

    with serving(Scripted(answer)) as url:
        found = list(open_tracker(url, cloud=room.cloud, token=room.token).check())
    assert f'kind = "{"data-center" if room.cloud else "cloud"}"' in levels(found, Level.ERROR)
    assert "tickets are at my_jira.example.com" in levels(found, Level.WARNING)
    assert "underscore" in levels(found, Level.WARNING)


def test_fields_that_are_asked_for_and_the_lines_that_mend_it(room: Room) -> None:
    """Pasted as they are, the next rehearsal is green."""
    room.site.require("Team", kind="select", options=["Red", "Blue"])
    room.site.require("Region", kind="cascading", options={"EMEA": ["Oslo", "Rome"]})
    room.site.require('The "score"', kind="number")
    room.site.security_level("Internal", required=True, project="SEC")
    found = rehearsed(room.tracker)
    assert "Security Level, Team, Region" in found
    (lines,) = [one.lines for one in room.tracker.rehearse(draft()) if one.level is Level.ERROR]
    assert all(" > Rome" in line or "Blue" in line for line in lines if "  # or: " in line)
    pasted = tomllib.loads("\n".join(lines))
    assert pasted == {
        "target": {"security": "Internal"},
        "fields": {"Team": "Red", "Region": "EMEA > Oslo", 'The "score"': 0},
    }
    target, fields = {"project": "SEC"} | pasted["target"], pasted["fields"]
    mended = room.connect(target)
    assert not told(mended, Level.ERROR)
    assert not rehearsed(mended, target=target, fields=fields)
    assert mended.create(draft(target=target, fields=fields)).number == "SEC-1"
    half = list(mended.rehearse(draft(target=target, fields={"Team": "Red"})))
    assert [line.partition(" = ")[0] for one in half for line in one.lines] == [
        'fields."Region"',
        'fields."The \\"score\\""',
    ]


def test_a_sprint_is_one_number(room: Room) -> None:
    ident = room.site.require("Sprint", kind="sprint")
    (lines,) = [one.lines for one in room.tracker.rehearse(draft()) if one.level is Level.ERROR]
    assert lines == ("""fields."Sprint" = "<a sprint's id>"  # replace it: a whole number""",)
    assert "takes one sprint's id, a whole number" in rehearsed(room.tracker, fields={"Sprint": "The next"})
    assert not rehearsed(room.tracker, fields={"Sprint": 7})
    room.tracker.create(draft(fields={"Sprint": 7}))
    assert room.call("GET", "issue/SEC-1").body["fields"][ident][0]["id"] == 7


def test_two_fields_of_one_name_are_told_apart(room: Room) -> None:
    ids = [room.site.require("Team", kind="text") for _ in range(2)]
    (lines,) = [one.lines for one in room.tracker.rehearse(draft()) if one.level is Level.ERROR]
    assert tomllib.loads("\n".join(lines)) == {"fields": dict.fromkeys(ids, "TMI")}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"fields": {"Teem": "Red"}}, "did you mean 'Team'?"),
        ({"fields": {"Team": "Rad"}}, "did you mean 'Red'?"),
        ({"priority": "Hihg"}, "did you mean 'High'?"),
        ({"target": {"security": "Inetrnal"}}, "did you mean 'Internal'?"),
        ({"target": {"components": ["APY"]}}, "did you mean 'API'?"),
        ({"target": {"issue_type": "Bgu"}}, "did you mean 'Bug'?"),
        ({"confidential": True}, "security level"),
        ({"title": ""}, "title"),
    ],
)
def test_values_that_jira_does_not_know(room: Room, changes: dict[str, Any], named: str) -> None:
    room.site.add_field("Team", kind="select", options=["Red", "Blue"])
    room.site.security_level("Internal", project="SEC")
    room.site.add_component("API")
    assert named in rehearsed(room.tracker, **changes)
    assert not room.posts()


def test_a_screen_without_what_every_ticket_needs() -> None:
    def answer(request: Request) -> Reply:
        name = request.path.partition("/rest/api/3/")[2]
        shown: dict[str, Any] = {
            "myself": {"accountId": "1"},
            "serverInfo": {"deploymentType": "Cloud", "baseUrl": request.base},
            "project/SEC": {"key": "SEC"},
            "mypermissions": {"permissions": {}},
            "issue/createmeta/SEC/issuetypes": {"issueTypes": [{"id": "1", "name": "Task"}], "total": 1},
            "issue/createmeta/SEC/issuetypes/1": {"fields": [], "total": 0},
        }
        return Reply(200, shown[name])

    with serving(Scripted(answer)) as url:
        found = told(open_tracker(url), Level.ERROR)
    assert "no Description" in found
    assert "no Labels" in found


def test_a_server_that_is_not_there_is_one_error(room: Room) -> None:
    room.strike("drop-before", method="GET", path="/myself$")
    [finding] = list(room.tracker.check())
    assert finding.level is Level.ERROR


def test_who_can_see_the_project_may_stay_unknown_behind_the_gateway(cloud: Room) -> None:
    options: dict[str, Any] = {"email": None, "kind": None, "cloud_id": "11111111-2222-3333-4444-555555555555"}
    tracker = open_tracker("https://127.0.0.1:1", token=cloud.site.add_token("bot"), gateway=cloud.url, **options)
    found = list(tracker.check())
    assert "can't be told from here" in levels(found, Level.WARNING)
    assert not levels(found, Level.ERROR)
    assert [one.public for one in found if one.public is not None] == []
