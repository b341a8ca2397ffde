"""What happens to text on its way in: characters refused, values rewritten, HTML taken out."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from tmi_issue_sync.sandbox.tmi.errors import Refusal, invalid

SANITISED = ("name", "description", "mitigation", "issue_uri")

# Zero-width, byte order mark, bidirectional controls, Hangul fillers, control characters but \t \n \r.
_UNSUPPORTED = re.compile(
    "[\u200b-\u200f\ufeff\u202a-\u202e\u2066-\u2069\u115f\u1160\u3164\uffa0\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
)
_DANGEROUS = re.compile(r"<script|<iframe|javascript:|on\w+\s*=|\{\{|\}\}|\$\{|<%|%>|#\{", re.IGNORECASE)
_HTML = re.compile(
    r"<(script|style)\b[^>]*>.*?</\1\s*>|<!--.*?-->|</?[a-z!?][^>]*(?:>|\Z)", re.IGNORECASE | re.DOTALL
)


def read_json(body: bytes) -> Any:
    """A JSON body, strictly: no duplicate keys, nothing after the end, no unsupported characters; NFC."""
    try:
        value = json.loads(body, object_pairs_hook=_unique)
    except ValueError as error:
        raise invalid(f"Invalid JSON: {error}") from error
    return clean(value)


def clean(value: Any) -> Any:
    """The same value with NFC strings; refuses characters that the server refuses, keys included."""
    if isinstance(value, str):
        return _supported(value)
    if isinstance(value, list):
        return [clean(item) for item in value]
    if isinstance(value, dict):
        return {_supported(key): clean(item) for key, item in value.items()}
    return value


def normalise_enums(value: Any) -> Any:
    """Every JSON `severity` and `status` in snake case, at any depth; the values of a JSON Patch stay."""
    if isinstance(value, list):
        return [normalise_enums(item) for item in value]
    if isinstance(value, dict):
        return {
            key: snake(item) if key in ("severity", "status") and isinstance(item, str) else normalise_enums(item)
            for key, item in value.items()
        }
    return value


def snake(text: str) -> str:
    return re.sub(r"[\s-]+", "_", text.strip()).lower()


def sanitise(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Tags out, then entities decoded, `&copy` and its like without a semicolon too: links get hurt."""
    return {
        key: html.unescape(_HTML.sub("", value)) if key in SANITISED and isinstance(value, str) else value
        for key, value in fields.items()
    }


def refuse_injection(fields: Mapping[str, Any]) -> None:
    for key, value in fields.items():
        if isinstance(value, str) and _DANGEROUS.search(value):
            raise invalid(f"Field '{key}' contains potentially dangerous content")


def refuse_scheme(uri: object, allowed: Iterable[str]) -> None:
    """The scheme check of `issue_uri`; blank clears the link and passes."""
    if not isinstance(uri, str) or not uri.strip():
        return
    scheme = uri.strip().partition(":")[0].lower()
    schemes = tuple(allowed)
    if scheme not in schemes:
        raise invalid(f"invalid issue_uri: unsupported scheme: {scheme} (allowed: {', '.join(schemes)})")


def _supported(text: str) -> str:
    if _UNSUPPORTED.search(text) or (not text.isascii() and _too_many_marks(text)):
        raise Refusal(
            400,
            "invalid_request",
            "Request contains unsupported Unicode characters "
            "(zero-width, bidirectional overrides, excessive combining marks, or control characters)",
        )
    return unicodedata.normalize("NFC", text)


def _too_many_marks(text: str) -> bool:
    run = 0
    for char in text:
        run = run + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        if run >= 3:
            return True
    return False


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen = dict(pairs)
    if len(seen) != len(pairs):
        raise ValueError("duplicate key")
    return seen
