"""What templates see of a threat, its model and its destination; facts, labels and links made from them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TypeVar
from urllib.parse import quote

from ..markup.clean import clean_line
from ..markup.clip import cut
from ..markup.inline import code
from ..markup.scrub import is_blank, plain_line, scrub
from ..model import Cvss, Severity, Threat, ThreatModel
from .templates import Prose, Safe, Variables

T = TypeVar("T")

_CWE = re.compile(r"CWE-(\d{1,6})", re.IGNORECASE)
_PROSE = ("description", "mitigation")
_UNSAID = ("", "unknown")
_FEW = 12
_SHORT = 160

FULL = Threat(
    id="00000000-0000-4000-8000-000000000002",
    model=ThreatModel(
        "00000000-0000-4000-8000-000000000001", "Model", "in_progress", "owner@example.com", "Text", "STRIDE",
        "https://example.com/1", 1, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC),
        (("key", "value"),),
    ),
    name="Threat", created_at=datetime(2026, 1, 1, tzinfo=UTC), modified_at=datetime(2026, 1, 1, tzinfo=UTC),
    description="Text.\n\n- more\n\n```\ncode\n```", mitigation="Text.\n\n> more",
    threat_type=("Spoofing", "Tampering"),
    severity=Severity.HIGH, priority="high", status="open", score=7.5, cwe=("CWE-79", "CWE-89"),
    cvss=(Cvss("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),), ssvc="Immediate",
    issue_uri="https://example.com/2", alias=1,
)  # fmt: skip
"""A threat with every field, to try templates on."""
BARE = Threat(FULL.id, ThreatModel(FULL.model.id, ""), "", FULL.created_at, FULL.modified_at)
"""A threat with no more than it must have."""


def deep_link(threat: Threat, ui_url: str | None) -> str:
    """The threat in TMI's own pages, empty where nobody said where these are."""
    if not ui_url:
        return ""
    model = f"{ui_url.rstrip('/')}/tm/{quote(threat.model.id, safe='')}"
    return model if threat.whole_model else f"{model}/threat/{quote(threat.id, safe='')}"


def name_of(threat: Threat) -> str:
    """The threat's name, or one that says it has none."""
    name, model = plain_line(threat.name), plain_line(threat.model.name)
    if not is_blank(name):
        return scrub(threat.name)
    if threat.whole_model:
        return "Unnamed threat model"
    return "Unnamed threat" if is_blank(model) else f"Unnamed threat in {scrub(threat.model.name)}"


def variables(threat: Threat, tracker: str, url: str) -> Variables:
    """`threat`, `model` and `destination`, as docs and `check` know them."""
    model = _space(threat.model)
    fields = vars(_space(threat)) | {"name": name_of(threat), "model": model}
    told = model_facts if threat.whole_model else facts
    fields |= {"url": Safe(url), "facts": Safe(told(threat, url))}
    return {
        "threat": SimpleNamespace(**fields),
        "model": model,
        "destination": SimpleNamespace(tracker=tracker),
    }


def _space(thing: Threat | ThreatModel) -> SimpleNamespace:
    values = {each.name: getattr(thing, each.name) for each in dataclasses.fields(thing)}
    for name in _PROSE:
        if name in values:
            text = scrub(values[name])
            values[name] = Prose("" if is_blank(text) else text)
    if isinstance(thing, ThreatModel):
        values["metadata"] = dict(thing.metadata or ())
    return SimpleNamespace(**values)


def facts(threat: Threat, url: str) -> str:
    """The short facts as a list; what the threat does not say is not there."""
    said = {
        "Severity": _said(threat.severity.value),
        "Priority": _said(threat.priority),
        "Status": _said(threat.status),
        "Score": "" if threat.score is None else f"{threat.score:g}",
        "CVSS": _several(threat.cvss, _cvss),
        "SSVC": _said(threat.ssvc),
        "CWE": _several(threat.cwe, _cwe),
        "Threat type": _several(threat.threat_type, _said),
        "Threat model": _said(threat.model.name),
        "In TMI": f"<{url}>" if url else "",
    }
    return _list(said)


def model_facts(threat: Threat, url: str) -> str:
    """The same of a whole threat model."""
    model = threat.model
    said = {
        "Framework": _said(model.framework),
        "Status": _said(model.status),
        "Threats": str(model.threat_count),
        "In TMI": f"<{url}>" if url else "",
    }
    return _list(said)


def _list(said: Mapping[str, str]) -> str:
    return "\n".join(f"- {name}: {value}" for name, value in said.items() if value)


def _said(text: str) -> str:
    line = " ".join(scrub(text).split())
    if line.casefold() in _UNSAID or is_blank(line):
        return ""
    return clean_line(line if len(line) <= _SHORT else f"{cut(line, _SHORT)}…")


def _several(values: Sequence[T], show: Callable[[T], str]) -> str:
    lines = [text for text in map(show, values[:_FEW]) if text]
    return ", ".join([*lines, f"and {len(values) - _FEW} more"] if len(values) > _FEW else lines)


def _cvss(value: Cvss) -> str:
    vector = code(cut(" ".join(scrub(value.vector).split()), _SHORT))
    return vector if value.score is None else f"{vector} ({value.score:g})"


def _cwe(value: str) -> str:
    found = _CWE.fullmatch(value.strip())
    if not found:
        return _said(value)
    number = int(found[1])
    return f"[CWE-{number}](<https://cwe.mitre.org/data/definitions/{number}.html>)"
