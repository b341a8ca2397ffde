"""Who may come in, what people do, and how often one may ask."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from sandbox.azure.api import Api, said
from tmi_issue_sync.sandbox.azure import AzureSite
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.wire import Reply, Request

WHO = "/example/_apis/connectionData"
PREVIEW = (("api-version", "7.1-preview"),)


def who(site: AzureSite, said: str, **headers: str) -> Reply:
    return site(Request("GET", WHO, PREVIEW, {"authorization": said, **headers}))


def basic(name: str, token: str) -> str:
    return f"Basic {base64.b64encode(f'{name}:{token}'.encode()).decode()}"


def test_a_token_is_a_password_of_anybody(site: AzureSite) -> None:
    token = site.add_user("bot")
    for given in (basic("", token), basic("whoever", token), f"Bearer {token}"):
        user = who(site, given).body["authenticatedUser"]
        assert (user["id"], user["providerDisplayName"]) == (site.user_id("bot"), "bot")
    assert said(site(Request("GET", WHO, (("api-version", "7.1"),), {"authorization": f"Bearer {token}"})))


@pytest.mark.parametrize(
    ("method", "quiet", "status"),
    [("GET", True, 401), ("GET", False, 302), ("POST", True, 401), ("POST", False, 203)],
)
def test_a_stranger_is_shown_the_way_in(site: AzureSite, method: str, quiet: bool, status: int) -> None:
    headers = {"authorization": basic("", "wrong")} | ({"x-tfs-fedauthredirect": "Suppress"} if quiet else {})
    reply = site(Request(method, WHO, PREVIEW, headers))
    assert reply.status == status
    assert reply.content_type.startswith("text/html")
    assert ("_signin" in reply.headers.get("Location", "")) is (status == 302)
    site.settings.sign_in = 200
    assert "Sign In" in site(Request(method, WHO, PREVIEW, headers)).body


def test_a_principals_token_ends(site: AzureSite, pass_time: Callable[[float], None]) -> None:
    site.add_principal("bot", "client", "secret")
    scope = "499b84ac-1321-427f-aa17-267ca6975798%2F.default"

    def ask(secret: str, scope: str = scope) -> Reply:
        form = f"grant_type=client_credentials&client_id=client&client_secret={secret}&scope={scope}"
        return site(Request("POST", "/tenant/oauth2/v2.0/token", body=form.encode()))

    assert ask("wrong").body["error"] == "invalid_client"
    assert ask("secret", "other").status == 400
    told = ask("secret").body
    assert who(site, f"Bearer {told['access_token']}").status == 200
    pass_time(told["expires_in"])
    assert who(site, f"Bearer {told['access_token']}", **{"x-tfs-fedauthredirect": "suppress"}).status == 401


def test_what_people_do(api: Api, site: AzureSite, log: Log) -> None:
    site.add_project("Other")
    number = api.create(System_Tags="tmi")
    site.comment(number, "<b>hm</b>")
    site.edit(number, text="<p>else</p>", tags="x")
    site.close(number)
    site.reopen(number)
    site.retype(number, "Bug")
    site.move(number, "Other")
    copy = site.clone(number, "alice")
    site.delete(number)
    assert "TF401232" in said(api.reply("GET", f"_apis/wit/workitems/{number}"))
    assert api.reply("GET", f"Other/_apis/wit/recyclebin/{number}").body["id"] == number
    site.restore(number)
    site.delete(copy, destroy=True)
    assert "TF401232" in said(api.reply("GET", f"Other/_apis/wit/recyclebin/{copy}"))
    assert "TF401232" in said(api.reply("GET", f"Threats/_apis/wit/workitems/{number}"))
    shown = api.get(f"_apis/wit/workitems/{number}", **{"$expand": "all"})
    assert shown["fields"]["System.TeamProject"] == "Other"
    assert shown["fields"]["System.WorkItemType"] == "Bug"
    kinds = [entry.kind.removeprefix("issue.") for entry in log.commits() if entry.facts["number"] == number]
    assert kinds == ["created", "edited", "edited", "closed", "reopened", "retyped", "moved", "deleted", "restored"]
    [made] = [entry for entry in log.commits(kind="issue.created") if entry.facts["number"] == copy]
    assert (made.facts["author"], made.facts["body"]) == ("alice", "<p>else</p>")


def test_an_area_may_be_hidden(api: Api, site: AzureSite) -> None:
    area = site.add_area("Threats", "Hidden")
    number = api.create(System_AreaPath=area)
    site.hide_area("bot", area)
    assert api.find("[System.Id] > 0") == []
    assert "TF401232" in said(api.reply("GET", f"_apis/wit/workitems/{number}"))


def test_limits(api: Api, site: AzureSite, pass_time: Callable[[float], None]) -> None:
    site.rate_limit(2, seconds=60, retry_after=9)
    api.create()
    api.create()
    reply = api.attempt()
    assert "429 RequestBlockedException TF400733" in said(reply)
    assert reply.headers["Retry-After"] == "9"
    assert {"X-RateLimit-Resource", "X-RateLimit-Reset"} <= set(reply.headers)
    pass_time(61)
    site.settings.pause = 2.5
    reply = api.attempt()
    assert (reply.status, reply.headers["Retry-After"], reply.headers["X-RateLimit-Delay"]) == (200, "2", "2.500")


@pytest.mark.parametrize(
    ("method", "path", "query", "status"),
    [
        ("GET", "_apis/nothing", {}, 404),
        ("GET", "_apis/wit/workitemtypes", {}, 404),
        ("DELETE", "Threats/_apis/wit/wiql", {}, 405),
        ("POST", "Threats/_apis/wit/wiql", {"api-version": None}, 400),
        ("GET", "Threats/_apis/wit/workitemtypes", {"api-version": "9.9"}, 400),
        ("GET", "Nothing/_apis/wit/workitemtypes", {}, 404),
        ("GET", "Threats/_apis/wit/classificationnodes/Areas/No", {}, 404),
    ],
)
def test_what_is_not_there(api: Api, method: str, path: str, query: dict[str, str], status: int) -> None:
    body = {"query": "x"} if method == "POST" else None
    assert api.reply(method, path, body, **query).status == status


def test_pages_for_people(api: Api, site: AzureSite) -> None:
    number = api.create("Seen")
    page = site(Request("GET", f"/example/Threats/_workitems/edit/{number}"))
    assert (page.status, page.body) == (200, "<!doctype html><title>Seen</title>")
    assert site(Request("GET", "/example/Threats/_workitems/edit/9")).status == 404
    assert site(Request("GET", "/other/Threats/_workitems/edit/1")).status == 404
