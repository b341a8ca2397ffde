"""TMI's rows as values, from any year and by any hand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from ..errors import TmiError
from ..levels import model_status, priority, severity, status
from ..model import Cvss, Json, Threat, ThreatModel


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
        status=model_status(table.get("status")),
        owner=_person(table.get("owner")),
        owner_address=_address(table.get("owner")),
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


def _address(value: Json) -> str:
    return _text(value, "email") if isinstance(value, dict) else ""


def _cvss(value: Json) -> tuple[Cvss, ...]:
    rows = [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
    return tuple(Cvss(_text(row, "vector"), _number(row.get("score"))) for row in rows if row.get("vector"))


def _ssvc(value: Json) -> str:
    return _text(value, "decision") if isinstance(value, dict) else ""
