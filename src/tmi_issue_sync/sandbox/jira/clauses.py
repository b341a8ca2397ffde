"""What the clauses of JQL mean at the sandbox's Jira."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tmi_issue_sync.sandbox.jira import adf
from tmi_issue_sync.sandbox.jira.call import Call
from tmi_issue_sync.sandbox.jira.jql import BadQuery, Clause, Test, Value
from tmi_issue_sync.sandbox.jira.model import Issue
from tmi_issue_sync.sandbox.jira.store import RESOLUTIONS, STATUSES

MOMENT = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?: (\d{1,2}):(\d\d))?")
AGO = re.compile(r"([+-]?\d{1,6})([wdhm])")
UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}
ALIASES = {"issuekey": "key", "issue": "key", "id": "key", "type": "issuetype", "label": "labels"}
EQUALITY = ("=", "!=", "in", "not in", "is", "is not")
ORDERED = ("=", "!=", "<", "<=", ">", ">=")


def compare(call: Call, clause: Clause) -> Test:
    """What a clause lets through; raises BadQuery where Jira knows no such field, operator or value."""
    name = ALIASES.get(clause.field, clause.field)
    if name in ("text", "summary", "description", "comment"):
        return _words(clause, name)
    if name in ("created", "updated"):
        return _time(call, clause, name)
    if name not in EXACT:
        why = "does not exist or you do not have permission to view it."
        if call.asker.user is None:
            why = "does not exist or this field cannot be viewed by anonymous users."
        raise BadQuery(f"Field '{clause.field}' {why}")
    _allow(clause, EQUALITY)
    wanted = {EXACT[name](call, value, clause.field) for value in clause.values}
    held = HELD[name]
    without = clause.operator in ("!=", "not in", "is not")
    if None in wanted:
        return lambda issue: bool(held(issue)) is without
    if without:
        # As in SQL, what holds nothing is not unequal to anything.
        return lambda issue: bool(held(issue)) and held(issue).isdisjoint(wanted)
    return lambda issue: not held(issue).isdisjoint(wanted)


def order(name: str) -> Callable[[Issue], Any]:
    """What a field sorts by."""
    name = ALIASES.get(name, name)
    if name == "key":
        return lambda issue: (issue.project.key, int(issue.key.rpartition("-")[2]))
    if name in ("created", "updated"):
        return lambda issue: getattr(issue, name)
    raise BadQuery(f"Not able to sort using field '{name}'.")


def _words(clause: Clause, name: str) -> Test:
    _allow(clause, ("~", "!~"))
    asked = clause.values[0].text
    patterns = [re.compile(re.escape(word).replace(r"\*", r"\w*")) for word in re.findall(r"[\w*]+", asked.lower())]
    if not patterns:
        raise BadQuery(f"The text query '{asked}' for field '{name}' is not valid.")

    def found(issue: Issue) -> bool:
        words = set(re.findall(r"\w+", _text(issue, name).lower()))
        hit = all(any(pattern.fullmatch(word) for word in words) for pattern in patterns)
        return hit is (clause.operator == "~")

    return found


def _text(issue: Issue, name: str) -> str:
    said = "\n".join(adf.text_of(comment.body) for comment in issue.comments)
    if name == "comment":
        return said
    if name != "text":
        return adf.text_of(issue.values.get(name))
    custom = (adf.text_of(value) for key, value in issue.values.items() if key.startswith("customfield_"))
    return "\n".join([adf.text_of(issue.values.get(key)) for key in ("summary", "description")] + [said, *custom])


def _time(call: Call, clause: Clause, name: str) -> Test:
    _allow(clause, ORDERED)
    then = _moment(call, clause.values[0], name)

    def passes(issue: Issue) -> bool:
        # Jira compares with the minute that was named: it knows no seconds in a query.
        at: datetime = getattr(issue, name)
        match clause.operator:
            case ">=":
                return at >= then
            case ">":
                return at > then
            case "<":
                return at < then
            case "<=":
                return at <= then
            case "=":
                return at == then
            case _:
                return at != then

    return passes


def _moment(call: Call, value: Value, name: str) -> datetime:
    """A moment in the time zone of who asks, or before now."""
    user, now = call.asker.user, call.store.clock()
    if value.call and value.text == "now":
        return now
    if not value.call and (ago := AGO.fullmatch(value.text)):
        return now + timedelta(**{UNITS[ago[2]]: int(ago[1])})
    if not value.call and (named := MOMENT.fullmatch(value.text)):
        zone = user.tz if user is not None else now.tzinfo
        try:
            return datetime(*(int(part or 0) for part in named.groups()), tzinfo=zone)  # type: ignore[misc, arg-type]
        except ValueError:
            pass
    raise BadQuery(
        f"Date value '{value.text}' for field '{name}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
        "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
    )


def _allow(clause: Clause, operators: tuple[str, ...]) -> None:
    if clause.operator not in operators:
        raise BadQuery(f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.")


def _unknown(value: Value, field: str) -> BadQuery:
    return BadQuery(f"The value '{value.text}' does not exist for the field '{field}'.")


def _project(call: Call, value: Value, field: str) -> str:
    known = call.store.project(value.text)
    if known is None or not call.may("BROWSE_PROJECTS", known):
        raise _unknown(value, field)
    return known.id


def _key(call: Call, value: Value, field: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]+-\d+|\d+", value.text):
        raise BadQuery(f"The issue key '{value.text}' for field '{field}' is invalid.")
    issue = call.store.issue(value.text)
    if issue is None or not call.sees(issue):
        raise BadQuery(f"An issue with key '{value.text}' does not exist for field '{field}'.")
    return issue.id


def _parent(call: Call, value: Value, field: str) -> str | None:
    return None if value.empty else _key(call, value, field)


def _user(call: Call, value: Value, field: str) -> int | None:
    if value.empty:
        return None
    if value.call and value.text == "currentuser":
        return call.asker.user.number if call.asker.user is not None else -1
    user = None if value.call else call.store.user(value.text)
    if user is None:
        raise _unknown(value, field)
    return user.number


def _label(_: Call, value: Value, __: str) -> str | None:
    return None if value.empty else value.text.casefold()


def _status(_: Call, value: Value, field: str) -> str:
    wanted = value.text.casefold()
    found = next((one for one in STATUSES if wanted in (one.id, one.name.casefold())), None)
    if found is None:
        raise _unknown(value, field)
    return found.id


def _category(_: Call, value: Value, field: str) -> str:
    told = {"new": "new", "to do": "new", "indeterminate": "indeterminate", "in progress": "indeterminate"}
    category = (told | {"done": "done"}).get(value.text.casefold())
    if category is None:
        raise _unknown(value, field)
    return category


def _resolution(_: Call, value: Value, field: str) -> str | None:
    if value.empty or value.text.casefold() == "unresolved":
        return None
    found = next((one for one in RESOLUTIONS if one.name.casefold() == value.text.casefold()), None)
    if found is None:
        raise _unknown(value, field)
    return found.id


def _type(call: Call, value: Value, field: str) -> str:
    wanted, projects = value.text.casefold(), call.store.projects.values()
    known = {kind.name.casefold() for project in projects for kind in project.issue_types}
    if wanted not in known:
        raise _unknown(value, field)
    return wanted


EXACT: dict[str, Callable[[Call, Value, str], str | int | None]] = {
    "project": _project,
    "key": _key,
    "parent": _parent,
    "reporter": _user,
    "creator": _user,
    "assignee": _user,
    "labels": _label,
    "status": _status,
    "statuscategory": _category,
    "resolution": _resolution,
    "issuetype": _type,
}


def _held(value: Any) -> frozenset[Any]:
    return frozenset() if value is None else frozenset({value})


HELD: dict[str, Callable[[Issue], frozenset[Any]]] = {
    "project": lambda issue: _held(issue.project.id),
    "key": lambda issue: _held(issue.id),
    "parent": lambda issue: _held(issue.values.get("parent") or issue.values.get("customfield_10014")),
    "reporter": lambda issue: _held(issue.values.get("reporter")),
    "creator": lambda issue: _held(issue.author),
    "assignee": lambda issue: _held(issue.values.get("assignee")),
    "labels": lambda issue: frozenset(label.casefold() for label in issue.values.get("labels") or ()),
    "status": lambda issue: _held(issue.status.id),
    "statuscategory": lambda issue: _held(issue.status.category),
    "resolution": lambda issue: _held(issue.resolution.id if issue.resolution else None),
    "issuetype": lambda issue: _held(issue.type.name.casefold()),
}
