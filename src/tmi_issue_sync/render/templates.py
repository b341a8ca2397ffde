"""Operators' templates: a sandbox, in which every value that is put out counts as hostile text."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from traceback import walk_tb
from types import SimpleNamespace

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ..errors import Rejected
from ..markup.scrub import plain_text
from ..model import Cvss

BLOCK, LINE, END = "\ue000", "\ue001", "\ue002"
"""Around a value in a body, until it is known where in the text it stands. No scrubbed text holds them."""

_MARKS = re.compile(f"[{BLOCK}{LINE}{END}]")
_LARGEST = 400_000
_CAUSE = 120
_FAILURES = (TemplateError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)

Variables = Mapping[str, SimpleNamespace]


class Prose(str):
    """A value of many lines, in something like Markdown."""

    __slots__ = ()


class Safe(str):
    """CommonMark of our own making: put out as it is."""

    __slots__ = ()


def shown(value: object) -> str:
    """A value as people read it."""
    if value is None or value is True or value is False:
        return {None: "", True: "yes", False: "no"}[value]
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, Cvss):
        return value.vector if value.score is None else f"{value.vector} ({value.score:g})"
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _marked(value: object) -> str:
    if isinstance(value, Safe):
        return str(value)
    text = _MARKS.sub("", shown(value))
    return f"{BLOCK if isinstance(value, Prose) or chr(10) in text else LINE}{text}{END}"


def _plain(value: object) -> str:
    return plain_text(shown(value))


def _failed(error: Exception) -> str:
    """Where in the template, and why; the error may speak of a threat's text."""
    lines = [line for frame, line in walk_tb(error.__traceback__) if frame.f_code.co_filename == "<template>"]
    why = plain_text(str(error))
    why = why if len(why) <= _CAUSE else f"{why[: _CAUSE - 1]}…"
    place = f"line {lines[-1]} " if lines else ""
    return f"{place}failed with {type(error).__name__}{f': {why}' if why else ''}"


class Templates:
    """Templates of one kind, compiled once each."""

    def __init__(self, *, body: bool) -> None:
        put: Callable[[object], str] = _marked if body else _plain
        self._environment = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined, finalize=put, trim_blocks=True, lstrip_blocks=True, autoescape=False
        )
        self._compiled: dict[str, Template] = {}

    def run(self, source: str, variables: Variables, what: str) -> str:
        """What the template gives. Raises Rejected, with one line for its author."""
        if source not in self._compiled:
            if wrong := self.problems(source, variables):
                raise Rejected(f"{what}: {wrong[0]}", todo="Correct the template.")
            self._compiled[source] = self._environment.from_string(_MARKS.sub("", source))
        out: list[str] = []
        size = 0
        try:
            for piece in self._compiled[source].generate(**variables):
                out.append(piece)
                size += len(piece)
                if size > _LARGEST:
                    raise Rejected(f"{what} gives more than {_LARGEST} characters", todo="Correct the template.")
        except _FAILURES as error:
            raise Rejected(f"{what}: {_failed(error)}", todo="Correct the template.") from error
        return "".join(out)

    def problems(self, source: str, variables: Variables) -> list[str]:
        """What is surely wrong with the template, one line each; nothing is run."""
        try:
            tree = self._environment.parse(source)
            found = [*_fields(tree, variables), *self._filters(tree)] or [*self._names(tree, variables)]
            if not found:
                self._environment.from_string(source)
        except TemplateSyntaxError as error:
            return [f"line {error.lineno}: {error.message}"]
        return found

    def _names(self, tree: nodes.Template, variables: Variables) -> Iterator[str]:
        for name in sorted(meta.find_undeclared_variables(tree) - set(variables) - set(self._environment.globals)):
            yield f"unknown name {name}{_near(name, variables)}"

    def _filters(self, tree: nodes.Template) -> Iterator[str]:
        for node in tree.find_all(nodes.Filter):
            if node.name not in self._environment.filters:
                yield f"line {node.lineno}: unknown filter {node.name}{_near(node.name, self._environment.filters)}"


def _fields(tree: nodes.Template, variables: Variables) -> Iterator[str]:
    for node in tree.find_all((nodes.Getattr, nodes.Getitem)):
        owner, _, name = _path(node).rpartition(".")
        known = _at(owner, variables)
        if known is not None and name != "?" and name not in known:
            yield f"line {node.lineno}: unknown field {owner}.{name}{_near(name, known, owner + '.')}"


def _path(node: nodes.Node) -> str:
    """`threat.model`, where the expression is made of names only."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        return f"{_path(node.node)}.{node.attr}"
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        return f"{_path(node.node)}.{node.arg.value}"
    return "?.?"


def _at(path: str, variables: Variables) -> Mapping[str, object] | None:
    """The fields at the path, None where there is no namespace of ours."""
    space: object = SimpleNamespace(**variables)
    for name in path.split("."):
        space = getattr(space, name, None)
    return vars(space) if isinstance(space, SimpleNamespace) else None


def _near(name: str, known: Mapping[str, object], before: str = "") -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"; did you mean {before}{near[0]}?" if near else f"; known here: {', '.join(sorted(known))}"
