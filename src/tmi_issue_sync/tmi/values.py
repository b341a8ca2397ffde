"""TMI's free text as values: words and rows from any year and by any hand. No word ever fails."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime

from ..errors import TmiError
from ..model import Cvss, Json, Severity, Threat, ThreatModel

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
"""In TMI's own order: old rows hold the index instead of the word."""

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
    word = _word(value, SEVERITIES, _SEVERITY_TABLE)
    return Severity(word) if word in SEVERITIES else Severity.UNKNOWN


def priority(value: object) -> str:
    """Any JSON value as TMI's key, or the text itself in snake case; `unknown` for none."""
    return _word(value, PRIORITIES, _PRIORITY_TABLE) or "unknown"


def status(value: object) -> str:
    """Any JSON value as TMI's key, or the text itself in snake case; `open` for none."""
    return _word(value, STATES, _STATE_TABLE) or "open"


def _word(value: object, in_order: tuple[str, ...], table: Mapping[str, str]) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    slug = _slug(str(value))
    if number := re.fullmatch(r"([0-9]{1,4})(\.0+)?", slug):
        index = int(number[1])
        return in_order[index] if index < len(in_order) else ""
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


def moment(value: object) -> datetime | None:
    """An RFC 3339 time, aware, cut to microseconds (TMI writes up to nine digits); None where it is none."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.strip())
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def model_row(row: Json) -> ThreatModel:
    """A row of the list of models. Raises TmiError for a row without a usable id."""
    table = row if isinstance(row, dict) else {}
    found = _id(table, "a threat model")
    count = table.get("threat_count")
    return ThreatModel(
        id=found,
        name=_text(table, "name") or found,
        status=_slug(_text(table, "status")),
        owner=_person(table.get("owner")),
        description=_text(table, "description"),
        framework=_text(table, "threat_model_framework"),
        issue_uri=_text(table, "issue_uri"),
        # A count that is none must not make anybody skip the model.
        threat_count=count if isinstance(count, int) and not isinstance(count, bool) else 1,
        created_at=moment(table.get("created_at")),
        modified_at=moment(table.get("modified_at")),
    )


def threat_row(row: Json, model: ThreatModel) -> Threat:
    """A row of a model's list of threats. Raises TmiError where id or timestamps are missing."""
    table = row if isinstance(row, dict) else {}
    found = _id(table, f"a threat of the model {model.name!r}")
    created, modified = moment(table.get("created_at")), moment(table.get("modified_at"))
    if created is None or modified is None:
        raise TmiError(f"TMI's row of the threat {found} has no readable created_at and modified_at")
    alias = table.get("alias")
    return Threat(
        id=found,
        model=model,
        name=_text(table, "name") or found,
        created_at=created,
        modified_at=modified,
        description=_text(table, "description"),
        mitigation=_text(table, "mitigation"),
        threat_type=_texts(table.get("threat_type")),
        severity=severity(table.get("severity")),
        priority=priority(table.get("priority")),
        status=status(table.get("status")),
        score=_number(table.get("score")),
        mitigated=table.get("mitigated") is True,
        include_in_report=table.get("include_in_report") is not False,
        cwe=_texts(table.get("cwe_id")),
        cvss=_cvss(table.get("cvss")),
        ssvc=_ssvc(table.get("ssvc")),
        issue_uri=_text(table, "issue_uri"),
        alias=alias if isinstance(alias, int) and not isinstance(alias, bool) else None,
    )


def _id(table: Mapping[str, Json], what: str) -> str:
    """Ids become part of a path, so only what can't change its meaning is one."""
    found = table.get("id")
    if isinstance(found, str) and re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,199}", found):
        return found
    shown = str(table.get("name") or "without a name")[:80]
    raise TmiError(f"TMI's list shows {what} without a usable id ({shown!r})", todo="Look at its row in TMI.")


def _text(table: Mapping[str, Json], key: str) -> str:
    value = table.get(key)
    return value if isinstance(value, str) else ""


def _texts(value: Json) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _number(value: Json) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e9:
        return None
    return float(value)


def _person(value: Json) -> str:
    """A person's name; older servers send the text itself."""
    if isinstance(value, dict):
        return _text(value, "display_name") or _text(value, "email") or _text(value, "provider_id")
    return value if isinstance(value, str) else ""


def _cvss(value: Json) -> tuple[Cvss, ...]:
    rows = [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
    return tuple(Cvss(_text(row, "vector"), _number(row.get("score"))) for row in rows if row.get("vector"))


def _ssvc(value: Json) -> str:
    return _text(value, "decision") if isinstance(value, dict) else ""
