"""The part of the query language (WIQL) that the sandbox's Azure DevOps speaks; it refuses the rest."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tmi_issue_sync.sandbox.azure.errors import Refused, refusal
from tmi_issue_sync.sandbox.azure.model import Field, Item
from tmi_issue_sync.sandbox.azure.store import Store, tags_of

TOKEN = re.compile(r"\s*(?:(\[[^\]]+\])|('(?:[^']|'')*')|(@\w+)|(\d+)|(<=|>=|<>|[=<>(),])|([A-Za-z]+))", re.ASCII)
SHAPE = re.compile(
    r"\s*SELECT\s+(?P<select>.+?)\s+FROM\s+WorkItems(?:\s+WHERE\s+(?P<where>.+?))?(?:\s+ORDER\s+BY\s+(?P<order>.+?))?\s*",
    re.IGNORECASE | re.DOTALL,
)
Test = Callable[[Item], bool]
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda one, other: bool(one == other),
    "<>": lambda one, other: bool(one != other),
    "<": lambda one, other: bool(one < other),
    "<=": lambda one, other: bool(one <= other),
    ">": lambda one, other: bool(one > other),
    ">=": lambda one, other: bool(one >= other),
}


@dataclass(slots=True)
class Query:
    """A query, read against who asks and where. `precise`: times count, not days alone."""

    store: Store
    me: int
    project: str | None
    precise: bool
    _tokens: list[str]
    _at: int = 0

    @classmethod
    def of(cls, text: str, store: Store, me: int, project: str | None, *, precise: bool) -> tuple[Test, list[Item]]:
        """The test that a query is, and the work items in its order."""
        shape = SHAPE.fullmatch(text)
        if shape is None:
            raise wrong("TF51006: The query statement is missing a FROM clause", text[:50])
        for name in re.findall(r"\[([^\]]+)\]", shape["select"]):
            _known(store, name)
        query = cls(store, me, project, precise, _tokens(shape["where"] or ""))
        test = query._any() if query._tokens else lambda _: True
        if query._at < len(query._tokens):
            raise wrong("Expecting end of string", query._tokens[query._at])
        return test, _ordered(store, shape["order"])

    def _any(self) -> Test:
        tests = [self._all()]
        while self._take("OR"):
            tests.append(self._all())
        return lambda item: any(test(item) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._take("AND"):
            tests.append(self._one())
        return lambda item: all(test(item) for test in tests)

    def _one(self) -> Test:
        if self._take("("):
            test = self._any()
            if not self._take(")"):
                raise wrong("Expecting closing parenthesis", self._here())
            return test
        name = self._next()
        if not name.startswith("["):
            raise wrong("Expecting field name or expression", name)
        field = _known(self.store, name[1:-1])
        return self._compared(field, self._next().upper(), name)

    def _compared(self, field: Field, sign: str, name: str) -> Test:
        raw = self._next()
        where = f"{name} {sign} {raw}"
        if sign == "CONTAINS" and field.kind == "tags":
            wanted = self._text(raw).casefold()
            return lambda item: wanted in {tag.casefold() for tag in tags_of(item)}
        if sign not in COMPARE or field.kind in ("html", "tags"):
            raise wrong("The specified operator cannot be used with the specified field", where)
        value, compare = self._value(field, raw, where), COMPARE[sign]
        return lambda item: compare(self._held(field, item), value)

    def _value(self, field: Field, raw: str, where: str) -> Any:
        match field.kind:
            case "integer":
                if not raw.isdecimal():
                    raise wrong("Expecting integer value", where)
                return int(raw)
            case "identity":
                user = self.store.users.get(self.me) if raw.lower() == "@me" else self.store.named(self._text(raw))
                return user.number if user is not None else None
            case "dateTime":
                return self._moment(self._text(raw), where)
        if raw.lower() == "@project":
            if self.project is None:
                raise wrong("TF51011: The macro @project needs a project", where)
            return self.project.casefold()
        return self._text(raw).casefold()

    def _moment(self, text: str, where: str) -> datetime:
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise wrong("Expecting DateTime value", where) from None
        if not self.precise and len(text) > 10:
            words = "You cannot supply a time with the date when running a query using date precision"
            raise wrong(words, where)
        return at if at.tzinfo is not None else at.replace(tzinfo=UTC)

    def _held(self, field: Field, item: Item) -> Any:
        told: dict[str, Any] = {
            "System.Id": item.id,
            "System.Rev": item.rev,
            "System.TeamProject": item.project.name.casefold(),
            "System.WorkItemType": item.type.name.casefold(),
            "System.CreatedBy": item.author,
            "System.CreatedDate": item.created,
            "System.ChangedDate": item.changed,
        }
        if field.ref in told:
            return told[field.ref]
        value = item.values.get(field.ref)
        return value.casefold() if isinstance(value, str) else value

    def _text(self, raw: str) -> str:
        if not raw.startswith("'"):
            raise wrong("Expecting string value", raw)
        return raw[1:-1].replace("''", "'")

    def _here(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else "end of string"

    def _next(self) -> str:
        token = self._here()
        self._at += 1
        return token

    def _take(self, token: str) -> bool:
        found = self._here().upper() == token
        self._at += found
        return found


def wrong(words: str, where: str) -> Refused:
    return refusal(400, f"{words}. The error is caused by «{where}».", "SyntaxException")


def _tokens(text: str) -> list[str]:
    found, at, text = [], 0, text.rstrip()
    while at < len(text):
        token = TOKEN.match(text, at)
        if token is None:
            raise wrong("Expecting a value", text[at : at + 20])
        found.append(next(part for part in token.groups() if part is not None))
        at = token.end()
    return found


def _known(store: Store, name: str) -> Field:
    field = store.field(name) or next((one for one in store.fields if one.name.casefold() == name.casefold()), None)
    if field is None:
        raise wrong("TF51005: The query references a field that does not exist", f"[{name}]")
    return field


def _ordered(store: Store, order: str | None) -> list[Item]:
    rows = sorted(store.indexed(), key=lambda item: item.id)
    if order is None:
        return rows
    found = re.fullmatch(r"\[([^\]]+)\](?:\s+(ASC|DESC))?", order.strip(), re.IGNORECASE)
    if found is None:
        raise wrong("Expecting field name", order)
    keys: dict[str, Callable[[Item], Any]] = {
        "System.Id": lambda item: item.id,
        "System.CreatedDate": lambda item: item.created,
        "System.ChangedDate": lambda item: item.changed,
    }
    ref = _known(store, found[1]).ref
    if ref not in keys:
        raise wrong("The sandbox does not sort by this", order)
    return sorted(rows, key=keys[ref], reverse=(found[2] or "").upper() == "DESC")
