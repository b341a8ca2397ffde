"""Those who run on the rivals' tape, written as people write them: two scripts, three client libraries' defaults.

The scripts' waits are set short where the library lets them be set; nothing else about them is changed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

PAGE = 100
PATIENCE = 1
"""Seconds that a script waits for an answer."""


@dataclass(frozen=True, slots=True)
class Servers:
    """Where both servers are, and a token for each."""

    tmi: str
    tmi_token: str
    tracker: str
    tracker_token: str
    place: str
    """The repository or project."""


Create = Callable[[Servers, Mapping[str, Any]], str]
"""Makes the ticket of one threat; gives its URL."""


def naive(at: Servers, threat: Mapping[str, Any]) -> str:
    """One POST."""
    body = {"title": threat["name"], "body": threat.get("description") or ""}
    made = _call("POST", f"{at.tracker}/api/v3/repos/{at.place}/issues", at.tracker_token, body)
    return str(made["html_url"])


def by_title(at: Servers, threat: Mapping[str, Any]) -> str:
    """One POST, unless the list of open issues shows one with the same title."""
    issues = f"{at.tracker}/api/v3/repos/{at.place}/issues"
    for issue in _paged(issues, at.tracker_token, "page={page}&per_page={size}"):
        if issue["title"] == threat["name"]:
            return str(issue["html_url"])
    return naive(at, threat)


def pygithub(at: Servers, threat: Mapping[str, Any]) -> str:
    """PyGithub's `create_issue` with its own retry: ten times, of which each may have been taken."""
    from github import Auth, Github, GithubRetry

    client = Github(
        auth=Auth.Token(at.tracker_token),
        base_url=f"{at.tracker}/api/v3",
        timeout=PATIENCE,
        retry=GithubRetry(total=10, secondary_rate_wait=0),
        seconds_between_requests=0,
        seconds_between_writes=0,
        lazy=True,
    )
    try:
        repo = client.get_repo(at.place)
        return repo.create_issue(title=threat["name"], body=threat.get("description") or "").html_url
    finally:
        client.close()


def jira(at: Servers, threat: Mapping[str, Any]) -> str:
    """jira's `create_issue` with its own retry: three times after a lost connection."""
    from jira import JIRA

    client = JIRA(at.tracker, token_auth=at.tracker_token, timeout=PATIENCE, get_server_info=False)
    client._session.max_retry_delay = 0
    try:
        text = {"summary": threat["name"], "description": threat.get("description") or ""}
        made = client.create_issue(fields={"project": at.place, "issuetype": "Task"} | text)
        return f"{at.tracker}/browse/{made.key}"
    finally:
        client._session.close()


def gitlab(at: Servers, threat: Mapping[str, Any]) -> str:
    """python-gitlab's `issues.create`: it sends again only after a 429."""
    from gitlab import Gitlab

    with Gitlab(at.tracker, private_token=at.tracker_token, timeout=PATIENCE) as client:
        project = client.projects.get(at.place, lazy=True)
        made = project.issues.create({"title": threat["name"], "description": threat.get("description") or ""})
        return str(made.web_url)


SCRIPTS: dict[str, tuple[str, Create]] = {
    "naive script": ("github", naive),
    "looks for the title": ("github", by_title),
    "PyGithub's default": ("github", pygithub),
    "jira's default": ("jira", jira),
    "python-gitlab's": ("gitlab", gitlab),
}
"""By name: to which tracker, and how a ticket is made there."""


def run(at: Servers, create: Create) -> None:
    """One run of a script: every threat without a link gets a ticket, and its link. Any error ends it."""
    for model in _paged(f"{at.tmi}/threat_models", at.tmi_token, "offset={offset}&limit={size}", "threat_models"):
        threats = f"{at.tmi}/threat_models/{model['id']}/threats"
        for threat in _paged(threats, at.tmi_token, "offset={offset}&limit={size}", "threats"):
            if not threat.get("issue_uri"):
                patch = [{"op": "replace", "path": "/issue_uri", "value": create(at, threat)}]
                _call("PATCH", f"{threats}/{threat['id']}", at.tmi_token, patch, "application/json-patch+json")


def _paged(url: str, token: str, query: str, name: str = "") -> Iterator[dict[str, Any]]:
    page, more = 0, True
    while more:
        asked = query.format(page=page + 1, offset=page * PAGE, size=PAGE)
        answer = _call("GET", f"{url}?{asked}", token)
        rows = answer[name] if name else answer
        yield from rows
        page, more = page + 1, len(rows) == PAGE


def _call(method: str, url: str, token: str, body: object = None, kind: str = "application/json") -> Any:
    """The JSON of a 2xx; everything else is an error."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=PATIENCE)
    headers = {"Authorization": f"Bearer {token}", "User-Agent": "script", "Accept": "application/json"}
    if body is not None:
        headers["Content-Type"] = kind
    try:
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        reply = connection.getresponse()
        data = reply.read()
        if not 200 <= reply.status < 300:
            raise OSError(f"status {reply.status}")
        return json.loads(data)
    finally:
        connection.close()


def command(at: Servers, who: str) -> list[str]:
    """One run as a process of its own, to be killed."""
    return [sys.executable, __file__, who, json.dumps(asdict(at))]


if __name__ == "__main__":
    run(Servers(**json.loads(sys.argv[2])), SCRIPTS[sys.argv[1]][1])
