"""Faults by name: where each may strike, and the points of a process that they strike at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

CUTS = ("cut-before", "cut-after")
READ_TMI = ("tmi-error", "tmi-denied")
READ_TRACKER = ("429", "503", "partial", "refused", "nonsense")
KINDS: dict[str, tuple[str, ...]] = {
    "models": (*CUTS, *READ_TMI, "false-empty"),
    "read": (*CUTS, *READ_TMI, "false-empty"),
    "confidential": (*CUTS, *READ_TMI),
    "probe": (*CUTS, *READ_TMI),
    "prepare": (*CUTS, *READ_TMI, "stale-cache"),
    "write": (*CUTS, *READ_TMI, "cut-late", "lost-before", "lost-after", "late", "refused-link", "altered", "blip"),
    "check": (*CUTS, *READ_TRACKER, "turned-public"),
    "changed": (*CUTS, *READ_TRACKER, "false-empty"),
    "find": (*CUTS, *READ_TRACKER, "false-empty"),
    "get": (*CUTS, *READ_TRACKER, "hidden"),
    "create": (
        *CUTS,
        *("cut-late", "lost-before", "lost-after", "late", "500-before", "500-after", "nonsense-before"),
        *("nonsense-after", "429", "503", "refused", "rejected", "denied", "sleep", "sleep-cut", "marker-dropped"),
    ),
    "close": (*CUTS, "lost-before", "lost-after", "429", "denied"),
    "nest": (*CUTS, "lost-before", "lost-after", "429", "denied"),
    "commit": (*CUTS, "disk-full"),
    "witness": (*CUTS, "disk-full", "torn"),
}
"""Faults by the call that they strike at; `commit` and `witness` are the ledger's own."""


class PowerCut(BaseException):
    """The process dies here. No code of ours may catch it: nothing after it happens."""


@dataclass(frozen=True, slots=True)
class Strike:
    """One fault: at the nth call of this name, or with `any` at the nth step whatever it is."""

    call: str
    nth: int
    kind: str
    x: float = 0.0
    """Seconds, where the fault takes some."""
    n: int = 0
    """For `person`: which threat, ticket or tracker."""

    def __str__(self) -> str:
        where = f"step {self.nth}" if self.call == "any" else f"{self.call} #{self.nth}"
        more = f" ({self.x:g} s)" if self.x else ""
        return f"{self.kind}{more} at {where}"


class Points:
    """Everything that a process does beyond its own memory, step by step: faults strike here and only here."""

    def __init__(self, person: Callable[[Strike], None], say: Callable[[str, str], None]) -> None:
        self._person = person
        self._say = say
        self.struck: Counter[str] = Counter()
        self.trace: list[str] = []
        """The calls since the last `arm`, in order."""
        self._counts: Counter[str] = Counter()
        self._armed: dict[tuple[str, int], list[Strike]] = {}
        self._dead = False
        self.faulty = False
        """Something has struck since the last `arm`."""

    def arm(self, strikes: Iterable[Strike]) -> None:
        """From here on steps count from 0 and these faults wait for theirs."""
        self.trace.clear()
        self.faulty = False
        self._counts.clear()
        self._armed.clear()
        for strike in strikes:
            self._armed.setdefault((strike.call, strike.nth), []).append(strike)

    def revive(self) -> None:
        """A new process starts."""
        self._dead = False

    def reach(self, call: str) -> Strike | None:
        """The process is about to make this call. Gives the fault that strikes it; raises PowerCut."""
        if self._dead:
            raise PowerCut
        step, nth = len(self.trace), self._counts[call]
        self.trace.append(call)
        self._counts[call] += 1
        if not self._armed:
            return None
        found: Strike | None = None
        for strike in (*self._armed.get(("any", step), ()), *self._armed.get((call, nth), ())):
            if strike.kind.startswith("person:"):
                self.struck["person meanwhile"] += 1
                self.faulty = True
                self._person(strike)
            elif found is None and strike.kind in KINDS[call]:
                found = strike
        if found is not None:
            self.struck[f"{call}: {found.kind}"] += 1
            self.faulty = True
            self._say("fault", f"{found.kind} at {call} (step {step})")
            if found.kind == "cut-before":
                self.cut()
        return found

    def leave(self, strike: Strike | None) -> None:
        """The call's effect is there, its answer is not yet."""
        if strike is not None and strike.kind == "cut-after":
            self.cut()

    def cut(self) -> None:
        self._dead = True
        raise PowerCut
