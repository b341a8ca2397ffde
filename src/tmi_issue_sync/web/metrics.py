"""What Prometheus scrapes: counters told by passes and deliveries, gauges read when somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from .. import __version__
from ..errors import LedgerError
from ..standing import SessionStanding
from ..state import Passed
from ..state import State as Service
from .reading import Look
from .states import State

NAME = "tmi_issue_sync"
BUCKETS = (0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800)
DELIVERIES = (
    "accepted",
    "seen",
    "test",
    "ignored",
    "challenge",
    "forged",
    "flood",
    "stale",
    "malformed",
    "oversized",
    "slow",
    "unknown",
)
"""Every result that a request to the receiver can have."""
RESULTS = ("ok", "trouble", "failed")
KINDS = ("whole", "woken")


@dataclass(frozen=True, slots=True)
class Sources:
    """Where gauges come from, at the moment of the scrape."""

    look: Callable[[], Look]
    service: Callable[[], Service]
    session: Callable[[], SessionStanding | None]
    per_day: int
    trackers: tuple[tuple[str, str], ...]
    """The name in the config and the place, as `State.closed` names it, of every tracker project."""


class Metrics:
    """A registry of its own: nothing of this process but what is written here."""

    def __init__(self, sources: Sources) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each counter
        self._registry = CollectorRegistry()
        names = sorted({name for name, _ in sources.trackers})
        self._created = self._counter("tickets_created", "Tickets made.", ("tracker",), *([name] for name in names))
        self._links = self._counter("links_written", "Links written into TMI.", (), [])
        self._failed = self._counter("failures", "Threats that failed in a pass.", (), [])
        self._calls = self._counter(
            "calls",
            "Requests to TMI, operations asked of trackers.",
            ("service",),
            ["tmi"],
            *([name] for name in names),
        )
        passes = [[kind, result] for kind in KINDS for result in RESULTS]
        self._passes = self._counter("passes", "Passes that ended.", ("kind", "result"), *passes)
        self._took = Histogram(
            f"{NAME}_pass_duration_seconds",
            "How long passes took.",
            ("kind",),
            buckets=BUCKETS,
            registry=self._registry,
        )
        for kind in KINDS:
            self._took.labels(kind)
        self._last = self._gauge("last_pass_timestamp_seconds", "When the last pass ended.")
        self._good = self._gauge(
            "last_success_timestamp_seconds", "When the last whole pass ended without trouble."
        )
        self._deliveries = self._counter(
            "webhook_deliveries", "Requests to the receiver.", ("result",), *([result] for result in DELIVERIES)
        )
        build = Gauge(f"{NAME}_build_info", "The running version.", ("version",), registry=self._registry)
        build.labels(__version__).set(1)
        self._registry.register(_Gauges(sources))

    def _counter(self, name: str, what: str, labels: tuple[str, ...], *values: list[str]) -> Counter:
        """With every label there is, at 0 from the start: an alert on an increase sees the first one."""
        made = Counter(f"{NAME}_{name}", what, labels, registry=self._registry)
        for value in values:
            if value:
                made.labels(*value)
        return made

    def _gauge(self, name: str, what: str) -> Gauge:
        return Gauge(f"{NAME}_{name}", what, registry=self._registry)

    def told(self, passed: Passed) -> None:
        """One more pass has ended."""
        kind, report = KINDS[passed.scope.woken], passed.report
        good = report is not None and report.exit_code == 0 and passed.error is None
        result = "ok" if good else "trouble" if report is not None else "failed"
        self._passes.labels(kind, result).inc()
        self._took.labels(kind).observe((passed.ended - passed.started).total_seconds())
        self._last.set(passed.ended.timestamp())
        for service, count in passed.calls.items():
            self._calls.labels(service).inc(count)
        if good and not passed.scope.woken:
            self._good.set(passed.ended.timestamp())
        for outcome in report.outcomes if report else ():
            to = outcome.decision.to
            if outcome.created and to is not None:
                self._created.labels(to.tracker).inc()
            if outcome.error is not None:
                self._failed.inc()
            elif outcome.wrote:
                self._links.inc()

    def delivered(self, result: str) -> None:
        """One more request to the receiver was answered."""
        self._deliveries.labels(result).inc()

    def text(self) -> bytes:
        """The exposition. Raises nothing: what can't be read is left out."""
        return generate_latest(self._registry)


class _Gauges(Collector):
    """Read from the ledger, the service and the session file, all at one scrape."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def describe(self) -> list[Metric]:
        """Nothing is read while the registry is put together."""
        return []

    def collect(self) -> Iterator[Metric]:
        yield from self._service(self._sources.service())
        session = self._sources.session()
        if session is not None:
            ends = session.ends.timestamp() if session.ends else 0.0
            yield _one("session_expiry_timestamp_seconds", "When the session with TMI ends; 0: it is over.", ends)
        try:
            look = self._sources.look()
        except LedgerError:
            yield _one("ledger_readable", "1 where the ledger could be read for this scrape.", 0)
            return
        yield _one("ledger_readable", "1 where the ledger could be read for this scrape.", 1)
        yield from self._ledger(look)

    def _service(self, state: Service) -> Iterator[Metric]:
        yield _one("pass_running", "1 while a pass runs.", state.running is not None)
        if state.next_run is not None:
            yield _one("next_pass_timestamp_seconds", "When the next pass is due.", state.next_run.timestamp())
        yield _one("tmi_closed", "1 while TMI is left alone.", "tmi" in state.closed)
        closed = _family("tracker_closed", "1 where a tracker project takes nothing now.", ("tracker", "project"))
        for name, place in self._sources.trackers:
            closed.add_metric((name, place), place in state.closed)
        yield closed

    def _ledger(self, look: Look) -> Iterator[Metric]:
        threats = _family("threats", "Threats by how they stand.", ("state",))
        for state in State:
            threats.add_metric((state.name.lower(),), look.board.counts[state])
        yield threats
        left = max(0, self._sources.per_day - look.spent)
        yield _one("budget_tickets_left", "Tickets that may be made in these 24 hours.", left)
        yield _one("settling", "1 while new tickets wait until every tracker was watched.", look.settling)
        yield _one("open_intents", "Creates whose outcome is not known.", len(look.intents))
        age = max((datetime.now(UTC) - since).total_seconds() for since in look.intents) if look.intents else 0.0
        yield _one("oldest_intent_age_seconds", "Age of the oldest of them; 0 where there is none.", age)


def _one(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{NAME}_{name}", what, value=float(value))


def _family(name: str, what: str, labels: tuple[str, ...]) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{NAME}_{name}", what, labels=labels)
