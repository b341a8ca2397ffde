"""What many schedules came to: how often each fault struck, each promise was checked, and what broke."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from .draw import draw
from .schedule import play
from .world import World


@dataclass
class Tally:
    """Sums over worlds."""

    schedules: int = 0
    passes: int = 0
    tickets: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    broken: list[tuple[int, str, str]] = field(default_factory=list)
    """Seed or number of the case, the promise's name, why."""

    def add(self, number: int, world: World) -> None:
        self.schedules += 1
        self.passes += world.passes
        self.tickets += sum(row.ours for issues in world.trackers.values() for row in issues.rows)
        self.struck += world.points.struck
        self.checks += world.checks
        self.broken += [(number, each.name, str(each)) for each in world.broken]

    def join(self, other: Tally) -> None:
        self.schedules += other.schedules
        self.passes += other.passes
        self.tickets += other.tickets
        self.struck += other.struck
        self.checks += other.checks
        self.broken += other.broken

    @property
    def duplicates(self) -> int:
        return sum(name == "S1" for _, name, _ in self.broken)


def tallied(seeds: Iterable[int]) -> Tally:
    """Play the schedules of these seeds."""
    tally = Tally()
    for seed in seeds:
        tally.add(seed, play(draw(seed)))
    return tally


def show(tally: Tally, seconds: float, console: Console) -> None:
    """The report."""
    table = Table("fault", "struck", title="Faults by kind", box=None, title_justify="left", pad_edge=False)
    for kind, count in sorted(tally.struck.items()):
        table.add_row(kind, f"{count:,}")
    console.print(table)
    console.print()
    table = Table("promise", "checks", "broken", title="Checks", box=None, title_justify="left", pad_edge=False)
    for name, count in sorted(tally.checks.items()):
        table.add_row(name, f"{count:,}", str(sum(each == name for _, each, _ in tally.broken)))
    console.print(table)
    console.print()
    console.print(
        f"{tally.schedules:,} schedules, {tally.passes:,} passes, {tally.tickets:,} tickets made by us,"
        f" {sum(tally.struck.values()):,} faults and interventions in {seconds:,.0f} s"
        f" ({tally.schedules / max(seconds, 0.001):,.0f} schedules per second)."
    )
    console.print(f"Duplicates: {tally.duplicates}. Violations: {len(tally.broken)}.")
