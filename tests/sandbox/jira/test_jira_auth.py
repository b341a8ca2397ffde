"""Who gets in at the sandbox's Jira, who doesn't, and who asks too often."""

from __future__ import annotations

import base64
from collections.abc import Callable

import httpx
import pytest
from jira import JIRA, JIRAError

from sandbox.jira.api import Api, adf, failure
from tmi_issue_sync.sandbox.jira import JiraSite
from tmi_issue_sync.sandbox.server import Server

CLOUD_ID = "11111111-2222-3333-4444-555555555555"
FAILED = "AUTHENTICATED_FAILED"
MUST_LOG_IN = "Client must be authenticated to access this resource."


def basic(name: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_who_is_who(any_api: Api, is_cloud: bool) -> None:
    me = any_api.get("myself")
    assert me["displayName"] == "bot"
    assert ("accountId" in me, "name" in me) == (is_cloud, not is_cloud)
    info = any_api.get("serverInfo")
    assert (info["deploymentType"], info["baseUrl"]) == ("Cloud" if is_cloud else "Server", any_api.url)
    assert any_api.client.deploymentType == info["deploymentType"]


def test_requests_can_be_found_again(api: Api, dc: Api) -> None:
    cloud, center = (one.reply("GET", "myself").headers for one in (api, dc))
    assert cloud["X-AREQUESTID"]
    assert len(cloud["atl-traceid"]) == 32
    assert (center["X-AUSERNAME"], center["X-Seraph-LoginReason"]) == ("bot", "OK")
    assert cloud["Date"] == "Fri, 01 May 2026 12:00:30 GMT"


def test_cloud_takes_who_is_wrong_for_a_guest(api: Api, site: JiraSite) -> None:
    key = api.create()
    wrong = basic("bot@example.com", "wrong")
    for path, status in (("myself", 401), (f"issue/{key}", 404), ("project/SEC", 404), ("serverInfo", 200)):
        reply = httpx.get(api.at(path), headers=wrong)
        assert (reply.status_code, reply.headers["X-Seraph-LoginReason"]) == (status, FAILED)
    assert httpx.get(api.at("myself"), headers=wrong).text == MUST_LOG_IN
    body = {"fields": {"project": {"key": "SEC"}, "issuetype": {"name": "Task"}, "summary": "x"}}
    assert httpx.post(api.at("issue"), headers=wrong, json=body).status_code == 401
    query = {"jql": "project = SEC"}
    assert httpx.get(api.at("search/jql"), headers=wrong, params=query).status_code == 400
    site.set_project("SEC", public=True)
    assert httpx.get(api.at(f"issue/{key}"), headers=wrong).headers["X-Seraph-LoginReason"] == FAILED
    assert len(httpx.get(api.at("search/jql"), headers=wrong, params=query).json()["issues"]) == 1
    assert httpx.post(api.at("issue"), headers=wrong, json=body).status_code == 401


def test_a_public_project_is_open_to_guests_for_reading(any_api: Api, any_site: JiraSite, is_cloud: bool) -> None:
    key = any_api.create()
    assert httpx.get(any_api.at(f"issue/{key}")).status_code == (404 if is_cloud else 401)
    any_site.set_project("SEC", public=True)
    assert httpx.get(any_api.at(f"issue/{key}")).json()["key"] == key
    assert httpx.post(any_api.at("issue"), json={"fields": {}}).status_code == 401
    assert httpx.put(any_api.at(f"issue/{key}/properties/x"), json=1).status_code == 401
    any_site.require_auth()
    assert httpx.get(any_api.at(f"issue/{key}")).status_code == 401
    assert any_api.get(f"issue/{key}")["key"] == key


def test_data_center_turns_away_who_is_wrong(dc: Api, dc_site: JiraSite, login: Callable[..., Api]) -> None:
    reply = httpx.get(dc.at("project/SEC"), headers=bearer("wrong"))
    assert (reply.status_code, reply.json()["message"]) == (401, MUST_LOG_IN)
    assert httpx.get(dc.at("myself"), headers=basic("bot", dc_site.add_user("bot"))).status_code == 200
    for status, reason in ((401, FAILED), (401, FAILED), (401, FAILED), (403, "AUTHENTICATION_DENIED")):
        reply = httpx.get(dc.at("project/SEC"), headers=basic("bot", "wrong"))
        assert (reply.status_code, reply.headers["X-Seraph-LoginReason"]) == (status, reason)
        assert reply.headers["content-type"].startswith("text/html")
    assert reply.headers["X-Authentication-Denied-Reason"].startswith("CAPTCHA_CHALLENGE; login-url=http")


def test_a_captcha_keeps_the_right_token_out(any_api: Api, any_site: JiraSite) -> None:
    any_site.captcha("bot")
    reply = failure(lambda: any_api.get("myself"))
    assert reply.status_code == 403
    assert (
        reply.headers["X-Authentication-Denied-Reason"] == f"CAPTCHA_CHALLENGE; login-url={any_api.url}/login.jsp"
    )
    with pytest.raises(JIRAError, match="CAPTCHA_CHALLENGE"):
        any_api.client.myself()
    any_site.captcha("bot", False)
    assert any_api.get("myself")["displayName"] == "bot"


def test_a_revoked_token_ends(dc: Api, dc_site: JiraSite) -> None:
    dc_site.revoke(dc_site.add_user("bot"))
    assert failure(lambda: dc.get("myself")).status_code == 401


def test_scoped_tokens_are_good_at_the_gateway_alone(site: JiraSite, serve: Callable[[JiraSite], Server]) -> None:
    url = serve(site).url
    site.add_user("bot")
    token = site.add_token("bot")
    assert httpx.get(f"{url}/_edge/tenant_info").json() == {"cloudId": CLOUD_ID}
    at_site = f"{url}/rest/api/3/myself"
    assert httpx.get(at_site, headers=basic("bot@example.com", token)).status_code == 401
    assert httpx.get(at_site, headers=bearer(token)).status_code == 403
    gateway = f"{url}/ex/jira/{CLOUD_ID}"
    for headers in (bearer(token), basic("bot@example.com", token)):
        assert httpx.get(f"{gateway}/rest/api/3/myself", headers=headers).status_code == 200
    client = JIRA(gateway, token_auth=token, max_retries=0, timeout=5)
    api = Api(client, gateway, 3)
    key = api.create(description=adf("x"))
    assert api.get("serverInfo")["baseUrl"] == url
    assert api.get(f"issue/{key}")["self"].startswith(f"{gateway}/rest/api/3/issue/")
    client.close()  # type: ignore[no-untyped-call]
    assert httpx.get(f"{gateway}/rest/api/3/myself", headers=bearer("x")).json()["message"] == "Unauthorized"
    assert httpx.get(f"{url}/ex/jira/other/rest/api/3/myself", headers=bearer(token)).status_code == 404


@pytest.mark.parametrize(
    ("scopes", "may"),
    [((), "---"), (("read:jira-user",), "m--"), (("read:jira-work",), "-r-"), (("write:jira-work",), "--w")],
)
def test_scopes(site: JiraSite, serve: Callable[[JiraSite], Server], scopes: tuple[str, ...], may: str) -> None:
    url = f"{serve(site).url}/ex/jira/{CLOUD_ID}/rest/api/3"
    site.add_user("bot")
    headers = bearer(site.add_token("bot", scopes=scopes))
    me = httpx.get(f"{url}/myself", headers=headers)
    read = httpx.post(f"{url}/search/jql", headers=headers, json={"jql": "project = SEC"})
    write = httpx.post(f"{url}/issue", headers=headers, json={"fields": {}})
    assert "".join(c if r.status_code != 401 else "-" for c, r in zip("mrw", (me, read, write), strict=True)) == may


def test_rate_limits_of_cloud(api: Api, site: JiraSite, pass_time: Callable[[float], None]) -> None:
    site.rate_limit(2, seconds=60, retry_after=7)
    assert api.reply("GET", "myself").headers["X-RateLimit-Remaining"] == "1"
    api.get("myself")
    reply = failure(lambda: api.get("myself"))
    assert (reply.status_code, reply.headers["Retry-After"]) == (429, "7")
    assert reply.headers["RateLimit-Reason"] == "jira-burst-based"
    assert reply.headers["X-RateLimit-Remaining"] == "0"
    assert reply.headers["X-RateLimit-Reset"] == "2026-05-01T12:01Z"
    pass_time(60)
    api.get("myself")


def test_rate_limits_of_data_center(dc: Api, dc_site: JiraSite) -> None:
    dc_site.rate_limit(1, retry_after=0)
    dc.get("myself")
    reply = failure(lambda: dc.get("myself"))
    assert (reply.status_code, reply.headers["Retry-After"]) == (429, "0")
    assert (reply.headers["X-RateLimit-FillRate"], reply.headers["X-RateLimit-Interval-Seconds"]) == ("1", "60")
    assert dc.get("serverInfo")["version"]


def test_other_ways_to_be_too_fast(api: Api, site: JiraSite) -> None:
    site.rate_limit(0, methods=["POST"], retry_after=None)
    assert "Retry-After" not in failure(api.create).headers
    assert api.get("myself")
    site.rate_limit(0, status=503, retry_after=30)
    reply = failure(lambda: api.get("myself"))
    assert (reply.status_code, reply.headers["Retry-After"]) == (503, "30")
    site.rate_limit(None)
    assert api.create() == "SEC-1"
