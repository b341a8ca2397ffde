"""Severity, priority and status as TMI's keys: from any year, any hand, and the config. No word ever fails."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from .model import Severity

SEVERITIES = tuple(Severity)
PRIORITIES = ("immediate", "high", "medium", "low", "deferred")
STATES = (
    "open",
    "confirmed",
    "mitigation_planned",
    "mitigation_in_progress",
    "verification_pending",
    "resolved",
    "accepted",
    "false_positive",
    "deferred",
    "closed",
)
MODEL_STATES = (
    "not_started",
    "in_progress",
    "pending_review",
    "remediation_required",
    "remediation_in_progress",
    "verification_pending",
    "approved",
    "rejected",
    "deferred",
    "closed",
)
"""In TMI's own order, as the three above: old rows hold the index instead of the word."""

_INDEX = re.compile(r"([0-9]{1,4})(\.0+)?")
_LEVEL = re.compile(r"\(p([0-4])\)\Z")
"""How TMI's pages show a priority, and old ones stored it in any language: `High (P1)`."""

_LEVEL_WORDS = {
    "critical": "crit blocker severe kritisch critique critico critica kritiek critical_risk",
    "high": "hoch haut haute eleve elevee alto alta hoog important major p1 high_risk",
    "medium": "med moderate mittel moyen moyenne medio media gemiddeld middel normal p2 medium_risk",
    "low": "niedrig gering faible bajo baja basso bassa baixo baixa laag minor p3 low_risk",
    "informational": "info information informativ informativo informatif informativa none note",
    "unknown": "unbekannt inconnu inconnue desconocido desconocida sconosciuto desconhecido onbekend n/a na",
}
_PRIORITY_WORDS = {
    **{level: words for level, words in _LEVEL_WORDS.items() if level in ("high", "medium", "low", "unknown")},
    "immediate": "critical urgent p0 sofort immediat immediate inmediata inmediato immediata imediata dringend",
    "deferred": "p4 zuruckgestellt aufgeschoben differe differee diferido aplazado rinviato adiado backlog",
}
_STATE_WORDS = {
    "open": "new offen neu ouvert ouverte abierto abierta aperto aperta aberto aberta todo to_do reopened",
    "confirmed": "bestatigt confirme confirmado confermato verified",
    "mitigation_planned": "planned mitigation_geplant",
    "mitigation_in_progress": "in_progress mitigating in_bearbeitung en_cours en_curso in_corso em_andamento",
    "verification_pending": "pending_verification in_review",
    "resolved": "fixed mitigated done gelost behoben resolu resolue resuelto resuelta risolto resolvido",
    "accepted": "risk_accepted accepted_risk wont_fix akzeptiert accepte acceptee aceptado accettato aceito",
    "false_positive": "fp not_applicable invalid falsch_positiv faux_positif falso_positivo fehlalarm",
    "deferred": "postponed zuruckgestellt differe diferido aplazado rinviato adiado",
    "closed": "geschlossen ferme fermee cerrado chiuso fechado",
}


def _table(words: Mapping[str, str], own: tuple[str, ...]) -> dict[str, str]:
    return {
        **{_key(alias): value for value, line in words.items() for alias in line.split()},
        **{w: w for w in own},
    }


def severity(value: object) -> Severity:
    """Any JSON value as one of the six; `unknown` where nobody can tell."""
    word = severity_word(value)
    return Severity(word) if word in SEVERITIES else Severity.UNKNOWN


def severity_word(value: object) -> str:
    """The same, but a text that is no severity as it is, in snake case; empty for none."""
    return _word(value, SEVERITIES, _SEVERITY_TABLE)


def priority(value: object) -> str:
    """Any JSON value as TMI's key, or the text itself in snake case; `unknown` for none."""
    if isinstance(value, str) and (level := _LEVEL.search(_slug(value))):
        return PRIORITIES[int(level[1])]
    return _word(value, PRIORITIES, _PRIORITY_TABLE) or "unknown"


def status(value: object) -> str:
    """Any JSON value as TMI's key, or the text itself in snake case; `open` for none."""
    return _word(value, STATES, _STATE_TABLE) or "open"


def model_status(value: object) -> str:
    """A threat model's status in the same way; empty for none."""
    return _word(value, MODEL_STATES, {})


def _word(value: object, in_order: tuple[str, ...], table: Mapping[str, str]) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    text = str(value)
    slug = _slug(text)
    if number := _INDEX.fullmatch(slug):
        index = int(number[1])
        # A sign gets lost on the way to the slug: `-1` is no index.
        is_index = index < len(in_order) and _INDEX.fullmatch(unicodedata.normalize("NFKC", text).strip())
        return in_order[index] if is_index else ""
    return table.get(_key(slug), slug)


def _slug(text: str) -> str:
    """Lower snake case, in a form that does not change when it is made again."""
    for _ in range(4):
        before, text = text, unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
        text = re.sub(r"[\s_-]+", "_", text)[:128].strip("_")
        if text == before:
            break
    return text


def _key(slug: str) -> str:
    """Without accents, for looking a label up."""
    return "".join(char for char in unicodedata.normalize("NFKD", slug) if not unicodedata.combining(char))


_SEVERITY_TABLE = _table(_LEVEL_WORDS, SEVERITIES)
_PRIORITY_TABLE = _table(_PRIORITY_WORDS, PRIORITIES)
_STATE_TABLE = _table(_STATE_WORDS, STATES)
