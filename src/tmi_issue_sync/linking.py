"""The write-back: our tickets' URLs into TMI, offered, written once, verified by the list (protocol Wr1-Wr4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from .clock import Clock
from .decide import blocked_key
from .errors import Changed, LinkRefused, LinkUnknown, SyncError, ThreatGone, TmiError
from .ledger import Ledger
from .ledger.rows import Write
from .model import ModelRead, Threat
from .parents import as_threat
from .plan import Decision, Kind
from .report import Outcome
from .tmi.door import Prepared, Receipt, Tmi
from .urls import same_url

LATE = 30.0
"""Seconds in which a write whose answer was lost may still arrive: the threat is left alone (Wr2)."""


@dataclass(frozen=True, slots=True)
class _Sent:
    decision: Decision
    url: str
    ours: bool
    receipt: Receipt
    outcome: Outcome


class Linker:
    """Writes links in one pass and verifies them at its end, one list per model."""

    def __init__(
        self, tmi: Tmi, ledger: Ledger, clock: Clock, run_id: str, version: Callable[[], str], no_writer: str = ""
    ) -> None:
        self._tmi = tmi
        self._ledger = ledger
        self._clock = clock
        self._run_id = run_id
        self._version = version
        self.no_writer = no_writer
        """Why every link waits in this pass, where the operator lets them; empty: they are written."""
        self.alerts: list[SyncError] = []
        """What a write changed besides the link, by TMI's own answer."""
        self._sent: dict[str, list[_Sent]] = {}

    def put(self, decision: Decision, done: str = "", *, ours: bool = True, created: bool = False) -> Outcome:
        """Write `decision.url`; `ours` is false for a person's link that vanished. Raises only LedgerError.

        `done` says what came before, in words, and opens the outcome's text.
        """
        threat, url = decision.threat, decision.url
        if self.no_writer:
            return Outcome(decision, f"{done}its link waits: {self.no_writer}", url, created=created)
        prepared: Prepared | None = None
        try:
            prepared = self._tmi.prepare(threat)
            if ours:
                self._ledger.offered(threat.id, url)
            receipt = self._tmi.write(prepared, url)
        except TmiError as error:
            return self._failed(decision, done, error, created, prepared)
        also = self._altered(threat, receipt)
        self._audit(threat, url, receipt.sent_id, receipt.got_id or "", f"written{also}")
        outcome = Outcome(decision, f"{done}linked to {url}{also}", url, created=created, wrote=True)
        listed_by = "" if threat.whole_model else threat.model.id
        self._sent.setdefault(listed_by, []).append(_Sent(decision, url, ours, receipt, outcome))
        return outcome

    def _failed(
        self, decision: Decision, done: str, error: TmiError, created: bool, prepared: Prepared | None
    ) -> Outcome:
        threat, url = decision.threat, decision.url
        if prepared is not None:  # a write was begun: it belongs into the trail, whatever came of it
            self._audit(threat, url, prepared.request_id, "", f"{type(error).__name__}: {error.why}")
        if isinstance(error, LinkUnknown):
            self._ledger.pause(threat.id, LATE)
        if isinstance(error, LinkRefused):
            at = blocked_key(threat, self._clock.now(), self._version())
            self._ledger.blocked(threat, error.why, at, every_link=error.every_link)
        if isinstance(error, ThreatGone):
            self._ledger.missing([threat.id])
        if isinstance(error, Changed):  # nothing went wrong: a person was faster
            return Outcome(decision, f"{done}the link waits: {error.why}", url, waits=0.0, created=created)
        return Outcome(decision, f"{done}not linked", url, error=error, created=created)

    def _altered(self, threat: Threat, receipt: Receipt) -> str:
        """Words for what TMI changed together with the link, empty for nothing; a person has to look at it."""
        if not receipt.altered:
            return ""
        what = f"TMI altered its {', '.join(receipt.altered)}"
        where = f"threat {threat.id} ({threat.name!r}) of the model {threat.model.name!r}"
        todo = "Compare them with TMI's audit trail of the threat, and mend them there."
        self.alerts.append(SyncError(f"{where}: with the link, {what}", todo=todo))
        return f"; {what}"

    def verify(self) -> list[Outcome]:
        """Read each written model, and the list of models, once and compare what they show (Wr3)."""
        outcomes: list[Outcome] = []
        for sent in self._sent.values():
            try:
                rows = {row.id: row for row in self._rows(sent[0].decision.threat)}
            except TmiError as error:
                outcomes += [replace(each.outcome, error=error) for each in sent]
            else:
                outcomes += [self._verified(each, rows.get(each.decision.threat.id)) for each in sent]
        self._sent.clear()
        return outcomes

    def _rows(self, threat: Threat) -> Iterable[Threat]:
        """The list that shows this threat, or this whole model. Raises TmiError."""
        if threat.whole_model:
            return map(as_threat, self._tmi.threat_models())
        read = next(iter(self._tmi.read([threat.model])))
        if isinstance(read, ModelRead):
            return read.threats
        raise read[1]

    def _verified(self, sent: _Sent, row: Threat | None) -> Outcome:
        if row is None:
            return replace(sent.outcome, text=f"{sent.outcome.text}; TMI does not show the threat any more")
        if same_url(row.issue_uri, sent.url):
            self._note(sent, row)
            return sent.outcome
        if sent.receipt.modified_at == row.modified_at:
            words = f"the server altered the link to {row.issue_uri!r}"
            self._ledger.blocked(row, words, blocked_key(row, self._clock.now(), self._version()))
            return replace(sent.outcome, error=LinkRefused(f"blocked: {words}"))
        return replace(sent.outcome, text=f"{sent.outcome.text}; a person changed it at once", waits=0.0)

    def _note(self, sent: _Sent, row: Threat) -> None:
        if sent.ours:
            self._ledger.linked(row, sent.url, restored=sent.decision.kind is Kind.RESTORE)
        else:
            self._ledger.adopted(row, sent.url, restored=sent.decision.kind is Kind.RESTORE)

    def _audit(self, threat: Threat, url: str, sent_id: str, got_id: str, outcome: str) -> None:
        name = threat.id if threat.whole_model else f"{threat.model.id}/{threat.id}"
        target = f"{name} issue_uri={url}"
        now = self._clock.now()
        self._ledger.wrote(Write(now, self._run_id, "tmi", "link", target, threat.id, sent_id, got_id, outcome))
