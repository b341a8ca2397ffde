"""Logging: text for people or one JSON object a line for machines, with every secret blotted out."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import structlog
from pydantic import BaseModel, SecretStr
from structlog.typing import EventDict, Processor

from .secret import at_hand

BLOT = "**********"
_NAMES = re.compile(
    r"token|secret|password|authorization|cookie|private.?key|api.?key|code_verifier", re.IGNORECASE
)
_SHAPES = re.compile(
    r"gh[opsur]_[A-Za-z0-9]{16,}|github_pat_\w{20,}|glpat-[\w-]{16,}|ATATT[\w=-]{16,}"
    r"|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|(?<=[Bb]earer )[^\s\"']+|(?<=[Bb]asic )[A-Za-z0-9+/=]{8,}"
    r"|(?<=://)[^\s/@:]+:[^\s/@]+(?=@)"
)
QUIET = ("github", "urllib3", "requests", "httpx", "httpcore", "jira", "gitlab", "markdown_it")


class Redactor:
    """Blots out secrets: those it was told of, and whatever has the shape or the name of one."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._known = sorted({secret for secret in secrets if len(secret) >= 4}, key=len, reverse=True)

    def text(self, text: str) -> str:
        for secret in self._known:
            text = text.replace(secret, BLOT)
        return _SHAPES.sub(BLOT, text)

    def value(self, value: Any, name: str = "") -> Any:
        if name and _NAMES.search(name) and isinstance(value, str | bytes):
            return BLOT
        if isinstance(value, dict):
            return {key: self.value(each, str(key)) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(each) for each in value]
        if value is None or isinstance(value, bool | int | float):
            return value
        return self.text(str(value))

    def __call__(self, _logger: object, _method: str, event: EventDict) -> EventDict:
        return {key: self.value(value, key) for key, value in event.items()}


def secrets_in(value: object) -> Iterator[str]:
    """Every secret inside of options, whoever declared them."""
    if isinstance(value, SecretStr):
        if at_hand(value):
            yield value.get_secret_value()
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from secrets_in(getattr(value, name))
    elif isinstance(value, dict):
        for each in value.values():
            yield from secrets_in(each)
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from secrets_in(each)


def configure(style: str, level: str, redactor: Redactor) -> None:
    """Send everything to stderr; libraries that talk with others speak at warnings only."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    last += _json(redactor) if style == "json" else _text(redactor)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=last, foreign_pre_chain=shared))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a pass longer than the interval is no warning
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _json(redactor: Redactor) -> list[Processor]:
    return [structlog.processors.format_exc_info, redactor, structlog.processors.JSONRenderer(ensure_ascii=False)]


def _text(redactor: Redactor) -> list[Processor]:
    return [structlog.processors.format_exc_info, redactor, _line]


def _line(_logger: object, _method: str, event: EventDict) -> str:
    """`12:00:00 info     created example/threats#5  threat=... pass=...`, and never more than its own lines."""
    time, level = str(event.pop("timestamp", ""))[11:19], str(event.pop("level", "info"))
    text, trace = str(event.pop("event", "")), event.pop("exception", None)
    facts = "".join(f"  {key}={_quoted(value)}" for key, value in event.items() if value not in (None, ""))
    return f"{time} {level:<7} {_safe(text)}{facts}" + (f"\n{trace}" if trace else "")


def _quoted(value: object) -> str:
    text = _safe(str(value))
    return f'"{text}"' if " " in text else text


def _safe(text: str) -> str:
    """Threats are named by strangers: no escape sequence and no line break of theirs reaches a terminal."""
    return "".join(char if char.isprintable() else " " for char in text)
