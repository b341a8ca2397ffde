"""What a PUT does to the rest of a threat: seen before it is sent, and again in TMI's answer (tmi-api 5.2)."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Mapping

from ..errors import LinkRefused
from ..model import Json

WRITABLE = (
    "name",
    "threat_type",
    "description",
    "mitigation",
    "diagram_id",
    "cell_id",
    "asset_id",
    "severity",
    "score",
    "priority",
    "mitigated",
    "status",
    "cwe_id",
    "cvss",
    "ssvc",
    "include_in_report",
    "timmy_enabled",
    "issue_uri",
)
"""Every field that a PUT replaces and a list row shows; `metadata` comes from the GET by id alone."""

_READ_ONLY = (
    "id",
    "threat_model_id",
    "created_at",
    "modified_at",
    "deleted_at",
    "auto_generated",
    "alias",
    "version",
)
"""What only the server writes; a PUT leaves it alone."""
_TEXTS = ("name", "description", "mitigation")
"""The fields that TMI sanitises, with the link itself."""
_WORDS = ("severity", "status")
"""The fields that TMI writes in snake case on every PUT."""
_DEEPEST = 4
"""No field of a threat has more levels; an answer may."""
_TAG = re.compile(r"<[A-Za-z/!?]")


def read_as_html(text: str) -> bool:
    """Whether TMI would take a tag out of the text or decode an entity in it, `&copy` without `;` too."""
    return bool(_TAG.search(text)) or html.unescape(text) != text


def refuse_loss(by_id: Mapping[str, Json]) -> None:
    """Raises LinkRefused where the threat says something that we don't know to send along: a PUT would clear it."""
    known = (*WRITABLE, *_READ_ONLY, "metadata")
    lost = sorted(name for name, value in by_id.items() if value not in (None, "", [], {}) and name not in known)
    if lost:
        raise LinkRefused(
            f"the write of its link would clear {_listed(lost)[:100]}, which this version does not know",
            todo="Is there a newer tmi-issue-sync for this TMI? Until then, set the link there by hand.",
        )


def refuse_damage(body: Mapping[str, Json], url: str) -> None:
    """Raises LinkRefused where TMI would surely store another text than the one that goes along with the link."""
    hurt = [name for name in _TEXTS if isinstance(text := body.get(name), str) and read_as_html(text)]
    if hurt:
        raise LinkRefused(
            f"TMI would alter its {_listed(hurt)}: it reads parts of that as HTML; "
            f"reword them in TMI, or set the link there by hand: {url}"
        )


def altered(sent: Mapping[str, Json], echo: Mapping[str, Json]) -> tuple[str, ...]:
    """The fields but the link that TMI's answer to a PUT shows otherwise than sent; none where it is no echo."""
    if "name" not in echo:
        return ()
    fields = (*(name for name in WRITABLE if name != "issue_uri"), "metadata")
    return tuple(name for name in fields if _normal(name, sent.get(name)) != _normal(name, echo.get(name)))


def _normal(name: str, value: Json, depth: int = 0) -> Json:
    """As TMI stores every value: composed, severity and status as keys; false and empty are what absent is."""
    if isinstance(value, str):
        text = unicodedata.normalize("NFC", value)
        value = re.sub(r"[\s_-]+", "_", text.strip()).lower() if name in _WORDS else text
    if depth < _DEEPEST and isinstance(value, list):
        value = [_normal("", each, depth + 1) for each in value]
    if depth < _DEEPEST and isinstance(value, dict):
        value = {key: _normal("", each, depth + 1) for key, each in value.items()}
    is_zero = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if value or is_zero else None


def _listed(names: list[str]) -> str:
    return " and ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} and {names[-1]}"
