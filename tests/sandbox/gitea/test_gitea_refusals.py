"""Who is refused, with which status and words; and what is let through although one would not think so."""

from __future__ import annotations

import pytest

from sandbox.gitea.conftest import REPO, Api

ISSUES = f"{REPO}/issues"


def test_tokens(gitea: Api, forgejo: Api) -> None:
    for api, words in ((gitea, "invalid username"), (forgejo, "user does not exist [uid: 0")):
        api.site.set_repo(private=False)
        for method, path in (("GET", "/user"), ("GET", ISSUES), ("POST", ISSUES)):
            reply = api(method, path, {"title": "x"}, token="wrong")
            assert (reply.status, words in reply.body["message"]) == (401, True)
        assert api("GET", ISSUES, token="").status == 200
        assert api("POST", ISSUES, {"title": "x"}, token="").body["message"] == "token is required"
        assert api("GET", "/user", token="").status == 401
        api.site.revoke(api.token)
        assert api("GET", ISSUES).status == 401


def test_suspended(api: Api) -> None:
    api.site.add_user("bot", suspended=True)
    reply = api("GET", "/user")
    assert (reply.status, "prohibited from signing in" in reply.body["message"]) == (403, True)


def test_scopes(gitea: Api, forgejo: Api) -> None:
    for api in (gitea, forgejo):
        api.site.add_user("bot", scopes=["read:issue"])
        assert api("GET", ISSUES).status == 200
        for method, path, scope in (
            ("POST", ISSUES, "write:issue"),
            ("PATCH", f"{REPO}/labels/0", "write:issue"),
            ("GET", REPO, "read:repository"),
            ("GET", "/user", "read:user"),
        ):
            reply = api(method, path, {})
            assert (reply.status, f"[{scope}]" in reply.body["message"]) == (403, True)
        assert api("GET", "/version").status == 200
    assert "token scope=read:issue" in gitea("GET", "/user").body["message"]


def test_out_of_sight(api: Api) -> None:
    api.site.add_user("bot", role="none")
    for path in (REPO, ISSUES, "/repos/example/absent"):
        assert api("GET", path).status == 404
    assert api("POST", ISSUES, {"title": "x"}).status == 404
    assert api("GET", ISSUES, token="").status == 404


def test_without_the_right_to_write(api: Api) -> None:
    api.create()
    reader = api.site.add_user("reader", role="read")
    assert api("POST", f"{REPO}/labels", {"name": "x", "color": "#fff"}, token=reader).status == 403
    refused = api("PATCH", f"{ISSUES}/1", {"state": "closed"}, token=reader)
    assert (refused.status, refused.body) == (403, None)
    assert api("POST", ISSUES, {"title": "mine"}, token=reader).status == 201
    assert api("PATCH", f"{ISSUES}/2", {"state": "closed"}, token=reader).body["state"] == "closed"


def test_archived_but_not_for_changes_of_state(api: Api) -> None:
    api.create()
    api.site.set_repo(archived=True)
    assert api("POST", ISSUES, {"title": "x"}).status == 423
    assert api("POST", f"{ISSUES}/1/comments", {"body": "x"}).status == 423
    assert api.listed() == [1]
    assert api("PATCH", f"{ISSUES}/1", {"state": "closed"}).body["state"] == "closed"


@pytest.mark.parametrize("settings", [{"has_issues": False}, {"external_tracker": True}])
def test_issues_switched_off(api: Api, settings: dict[str, bool]) -> None:
    api.create()
    api.site.set_repo(**settings)
    assert api("POST", ISSUES, {"title": "x"}).status == 403
    assert api("POST", f"{ISSUES}/1/comments", {"body": "x"}).status == 404
    assert api("PATCH", f"{ISSUES}/1", {"state": "closed"}).status == 201
    shown = api("GET", REPO).body
    assert shown["has_issues"] is settings.get("has_issues", True)
    assert ("external_tracker" in shown) is ("external_tracker" in settings)


def test_states(gitea: Api, forgejo: Api) -> None:
    for api, unknown in ((gitea, 412), (forgejo, 201)):
        api.create()
        assert api("PATCH", f"{ISSUES}/1", {"state": "shut"}).status == unknown
        for _ in range(2):
            assert api("PATCH", f"{ISSUES}/1", {"state": "closed"}).body["state"] == "closed"
        assert (
            api("PATCH", f"{ISSUES}/1", {"state": "open", "labels": [1], "title": ""}).body["title"] == "A threat"
        )
        api.site.block(1)
        assert api("PATCH", f"{ISSUES}/1", {"state": "closed"}).status == 412


def test_comments(api: Api) -> None:
    api.create()
    assert api("POST", f"{ISSUES}/1/comments", {"body": "x"}).status == 201
    assert [row["body"] for row in api("GET", f"{ISSUES}/1/comments").body] == ["x"]
    assert api("POST", f"{ISSUES}/1/comments", {}).status == 422
    missing = api("POST", f"{ISSUES}/9/comments", {"body": "x"})
    assert (missing.status, missing.body) == (500, {"message": ""})


def test_renamed(gitea: Api, forgejo: Api) -> None:
    for api, status in ((gitea, 301), (forgejo, 307)):
        repo = api("GET", REPO).body["id"]
        api.site.rename_repo("example/threats", "other/risks")
        reply = api("POST", ISSUES, {"title": "x"})
        assert (reply.status, reply.headers["Location"]) == (status, "/api/v1/repos/other/risks/issues")
        assert api("GET", ISSUES, page=2).headers["Location"].endswith("/other/risks/issues?page=2")
        assert api("GET", f"/repositories/{repo}").body["full_name"] == "other/risks"
        api.site.add_repo("example/threats")
        assert api("GET", ISSUES).status == 200


def test_deleted_leaves_nothing_but_the_number(api: Api) -> None:
    api.create()
    api.site.delete(1)
    assert api("GET", f"{ISSUES}/1").status == 404
    assert api.create()["number"] == 2


def test_a_proxy_in_front_may_limit(api: Api) -> None:
    api.site.limit(retry_after=5)
    reply = api("POST", ISSUES, {"title": "x"})
    assert (reply.status, reply.headers, reply.content_type) == (429, {"Retry-After": "5"}, "text/html")
    assert api.listed() == []


def test_pages_for_people(api: Api) -> None:
    api.create("<script>alert(1)</script>", body="a & b")
    api.site.comment(1, "<b>")
    for path in ("/", "/example/threats", "/example/threats/issues/1"):
        reply = api.site_page(path)
        assert (reply.status, "<script>" in str(reply.body)) == (200, False)
    assert api.site_page("/example/absent").status == 404
    assert api.site_page("/example/threats/issues/9").status == 404
