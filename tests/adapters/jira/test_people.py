"""Whom an operator means by a name or an e-mail."""

from __future__ import annotations

from typing import Any

import pytest

from tmi_issue_sync.errors import Denied
from tmi_issue_sync.model import Level
from tmi_issue_sync.sandbox.wire import Reply, Request

from ..loopback import Scripted, serving
from .world import MADE, ME, draft, levels, open_tracker


def user(name: str, email: str | None = None, **more: Any) -> dict[str, Any]:
    hidden = {} if email is None else {"emailAddress": email}
    return {"accountId": f"id-{name}", "displayName": name, "active": True, **hidden, **more}


def jira(*found: dict[str, Any]) -> Scripted:
    """A Jira whose search for people finds these, whatever is asked for."""

    def answer(request: Request) -> Reply:
        if request.path.endswith("/user/search"):
            return Reply(200, [*found])
        if "/createmeta/" in request.path:
            one = {"fieldId": "customfield_1", "name": "Owner", "schema": {"type": "user"}}
            types = {"issueTypes": [{"id": "1", "name": "Task"}], "total": 1}
            return Reply(200, {"fields": [one], "total": 1} if request.path.endswith("/1") else types)
        return Reply(201, MADE) if request.method == "POST" else Reply(200, ME)

    return Scripted(answer)


ANN, ANNA, SHY = user("Ann Lee", "ann@example.com"), user("Ann Leeds", "anna@example.com"), user("Shy One")


@pytest.mark.parametrize(
    ("wanted", "found", "taken"),
    [
        ("ann lee", [ANNA, ANN], "id-Ann Lee"),
        ("Ann@Example.com", [ANN], "id-Ann Lee"),
        ("ann@example.com", [SHY, ANN], "id-Ann Lee"),
        ("shy@example.com", [SHY], "id-Shy One"),
        ("shy@example.com", [user("Shy One", "")], "id-Shy One"),
        ("ann lee", [ANN, user("Ann Lee", active=False)], "id-Ann Lee"),
    ],
)
def test_who_is_called_exactly_so_is_meant(wanted: str, found: list[Any], taken: str) -> None:
    app, target = jira(*found), {"assignee": wanted}
    with serving(app) as url:
        open_tracker(url, target).create(draft(target=target))
    assert app.asked[-1].json()["fields"]["assignee"] == {"accountId": taken}


@pytest.mark.parametrize(
    ("wanted", "found", "said"),
    [
        ("Ann L", [ANN], r"no users are called 'Ann L': .*; there are: Ann Lee \(id-Ann Lee\)"),
        ("Ann L", [ANN, ANNA], r"Ann Lee \(id-Ann Lee\), Ann Leeds \(id-Ann Leeds\)"),
        ("Ann Lee", [ANN, user("Ann Lee", accountId="id-2")], r"2 users .* \(id-Ann Lee\), Ann Lee \(id-2\)"),
        ("ann@example.co", [ANN], r"no users .*Ann Lee"),
        ("shy@example.com", [SHY, ANN], r"no users .*Shy One"),
        ("ann@example.com", [user("ann@example.com", "eve@example.com")], r"no users"),
        ("No Body", [], "no users are called 'No Body': write the account id instead$"),
    ],
)
def test_nobody_is_taken_for_somebody_else(wanted: str, found: list[Any], said: str) -> None:
    app, target = jira(*found), {"assignee": wanted}
    with serving(app) as url, pytest.raises(Denied, match=said):
        open_tracker(url, target).create(draft(target=target))
    assert not [request for request in app.asked if request.method == "POST"]


@pytest.mark.parametrize(
    ("found", "target", "fields", "line"),
    [
        ([ANN], {"assignee": "Ann L"}, {}, 'Write target.assignee = "id-Ann Lee"'),
        ([ANN, ANNA], {"assignee": "Ann L"}, {}, None),
        ([ANN], {}, {"Owner": "Ann L"}, 'Write fields."Owner" = "id-Ann Lee"'),
    ],
)
def test_the_line_that_mends_it_names_the_only_one_near(
    found: Any, target: Any, fields: Any, line: str | None
) -> None:
    with serving(jira(*found)) as url:
        told = list(open_tracker(url, target).rehearse(draft(target=target, fields=fields)))
    error = levels(told, Level.ERROR)
    assert "Ann Lee (id-Ann Lee)" in error
    assert line in error if line else "Write" not in error
