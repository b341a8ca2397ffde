"""As much of JQL as a client needs to find its own issues. What is not known here is refused, never ignored."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tmi_issue_sync.sandbox.jira.model import Issue

Test = Callable[[Issue], bool]
TOKEN = re.compile(
    r"""\s*(?:
    "(?P<double>(?:[^"\\]|\\.)*)" | '(?P<single>(?:[^'\\]|\\.)*)'
    | (?P<sign><=|>=|!=|!~|[=<>~(),])
    | (?P<word>[^\s"'=<>!~(),]+)
    )""",
    re.VERBOSE,
)
RESERVED = frozenset({"and", "or", "not", "in", "is", "order", "by", "asc", "desc", "empty", "null"})


class BadQuery(Exception):
    """A query that Jira refuses; says why."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a quoted word or a sign."""

    text: str
    quoted: bool = False

    def means(self, *words: str) -> bool:
        return not self.quoted and self.text.lower() in words


@dataclass(frozen=True, slots=True)
class Value:
    """What a clause compares with; `call`: the name of a function."""

    text: str
    call: bool = False
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Clause:
    """A comparison. `values` has one entry but for IN."""

    field: str
    operator: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A query read. `test` None: it has no restriction."""

    test: Test | None
    order: tuple[tuple[str, bool], ...]
    """Fields, and whether they descend."""


def read(text: str, compare: Callable[[Clause], Test]) -> Query:
    """Read a query; `compare` says what a clause means, and raises BadQuery for one that means nothing."""
    return _Reader(_tokens(text), compare).query()


def _tokens(text: str) -> list[Token]:
    found, at, text = [], 0, text.strip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise BadQuery(f"Error in the JQL Query: The character at position {at} cannot be read.")
        quoted = match["double"] if match["double"] is not None else match["single"]
        if quoted is not None:
            found.append(Token(re.sub(r"\\(.)", r"\1", quoted), quoted=True))
        else:
            found.append(Token(match["sign"] or match["word"]))
        at = match.end()
    return found


class _Reader:
    def __init__(self, tokens: list[Token], compare: Callable[[Clause], Test]) -> None:
        self._tokens = tokens
        self._compare = compare

    def query(self) -> Query:
        test = None if not self._tokens or self._next("order") else self._either()
        order: list[tuple[str, bool]] = []
        if self._take("order"):
            self._want("by")
            order.append(self._sort())
            while self._take(","):
                order.append(self._sort())
        if self._tokens:
            raise self._stray()
        return Query(test, tuple(order))

    def _either(self) -> Test:
        tests = [self._both()]
        while self._take("or", "||"):
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda issue: any(test(issue) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._take("and", "&&"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda issue: all(test(issue) for test in tests)

    def _one(self) -> Test:
        if self._take("not"):
            inner = self._one()
            return lambda issue: not inner(issue)
        if self._take("("):
            inside = self._either()
            self._want(")")
            return inside
        return self._compare(Clause(self._word().lower(), *self._comparison()))

    def _comparison(self) -> tuple[str, tuple[Value, ...]]:
        if self._take("is"):
            operator = "is not" if self._take("not") else "is"
            return operator, (self._value(),)
        if self._take("not"):
            self._want("in")
            return "not in", self._list()
        if self._take("in"):
            return "in", self._list()
        token = self._pop()
        if not token.means("=", "!=", "~", "!~", "<", "<=", ">", ">="):
            raise BadQuery(
                "Error in the JQL Query: Expecting operator but got "
                f"'{token.text}'. The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', "
                "'IN', 'NOT IN', 'IS' and 'IS NOT'."
            )
        return token.text, (self._value(),)

    def _list(self) -> tuple[Value, ...]:
        self._want("(")
        values = [self._value()]
        while self._take(","):
            values.append(self._value())
        self._want(")")
        return tuple(values)

    def _value(self) -> Value:
        if self._take("empty", "null"):
            return Value("", empty=True)
        quoted = bool(self._tokens) and self._tokens[0].quoted
        text = self._word()
        if not quoted and self._take("("):
            self._want(")")
            return Value(text.lower(), call=True)
        return Value(text)

    def _sort(self) -> tuple[str, bool]:
        field = self._word().lower()
        if self._take("desc"):
            return field, True
        self._take("asc")
        return field, False

    def _word(self) -> str:
        token = self._pop()
        if not token.quoted and (token.text.lower() in RESERVED or not re.search(r"[\w-]", token.text)):
            raise BadQuery(
                f"Error in the JQL Query: '{token.text}' is a reserved JQL word. You must surround it in quotation "
                "marks to use it in a query."
            )
        return token.text

    def _pop(self) -> Token:
        if not self._tokens:
            raise BadQuery("Error in the JQL Query: The query ends too early.")
        return self._tokens.pop(0)

    def _next(self, *words: str) -> bool:
        return bool(self._tokens) and self._tokens[0].means(*words)

    def _take(self, *words: str) -> bool:
        if self._next(*words):
            self._tokens.pop(0)
            return True
        return False

    def _want(self, word: str) -> None:
        if not self._take(word):
            raise self._stray(word)

    def _stray(self, wanted: str = "the end") -> BadQuery:
        got = f"'{self._tokens[0].text}'" if self._tokens else "the end of the query"
        return BadQuery(f"Error in the JQL Query: Expecting {wanted} but got {got}.")
