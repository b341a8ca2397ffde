"""Which issues the sandbox's Gitea lists: a filter that it does not understand is dropped without a word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from tmi_issue_sync.sandbox.gitea.call import Call
from tmi_issue_sync.sandbox.gitea.checks import missing, refusal
from tmi_issue_sync.sandbox.gitea.model import Issue, Repo

Filter = Callable[[Issue], bool]


def filters(call: Call, repo: Repo) -> list[Filter]:
    """What an issue must pass to be listed."""
    now = call.clock()
    kept: list[Filter] = [lambda issue: issue.created_at <= now - call.settings.lag]
    kept += _by_state(call.request.param("state") or "open")
    kept += _by_type(call.request.param("type"))
    kept += _by_labels(repo, call.request.param("labels") or "")
    kept += _by_author(call, call.request.param("created_by"))
    kept += _by_time(call)
    kept += _by_word(call, call.request.param("q") or "")
    return kept


def _by_state(state: str) -> list[Filter]:
    return [lambda issue: issue.state == state] if state in ("open", "closed") else []


def _by_type(kind: str | None) -> list[Filter]:
    return [lambda issue: issue.pull == (kind == "pulls")] if kind in ("issues", "pulls") else []


def _by_labels(repo: Repo, text: str) -> list[Filter]:
    """All must be there. Unknown names, those of the organisation too, count as not given; a name that two labels
    have lets nothing through."""
    known = Counter(label.name for label in repo.labels)
    names = {name.strip() for name in text.split(",")} & set(known)
    if any(known[name] > 1 for name in names):
        return [lambda _: False]
    return [lambda issue: names <= {label.name for label in issue.labels}] if names else []


def _by_author(call: Call, login: str | None) -> list[Filter]:
    if not login:
        return []
    author = call.store.users.get(login.casefold())
    if author is None:
        raise missing()
    return [lambda issue: issue.author is author]


def _by_time(call: Call) -> list[Filter]:
    """By the last change, in whole seconds, both ends included."""
    since, before = _moment(call, "since"), _moment(call, "before")
    kept: list[Filter] = []
    if since is not None:
        kept.append(lambda issue: issue.updated_at.replace(microsecond=0) >= since.replace(microsecond=0))
    if before is not None:
        kept.append(lambda issue: issue.updated_at.replace(microsecond=0) <= before)
    return kept


def _moment(call: Call, name: str) -> datetime | None:
    text = call.request.param(name)
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise refusal(422, f'parsing time "{text}" as "2006-01-02T15:04:05Z07:00": cannot parse')
    return at


def _by_word(call: Call, words: str) -> list[Filter]:
    """The index of keywords: late, without labels, and with gaps once the server was killed."""
    if not words.strip():
        return []
    ready: datetime = call.clock() - max(call.settings.index_lag, timedelta())
    wanted = words.strip().casefold()

    def passes(issue: Issue) -> bool:
        texts = [issue.title, issue.body, *(comment.body for comment in issue.comments)]
        found = any(wanted in text.casefold() for text in texts)
        return found and issue.created_at <= ready and issue.id not in call.settings.lost

    return [passes]
