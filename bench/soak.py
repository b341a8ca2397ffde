"""The service under faults for a long time: one that is never stopped, one that is killed at random.

python bench/soak.py [--minutes 30] [--threats 120] [--seed 0]

Samples memory and open files of the first; when the faults stop, reads from the sandbox's own log whether the
promises held. Exit 1 if one did not, if memory in the last third is more than 5 % above that in the first, if open
files grew, or if a SIGTERM took 10 s or more.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from world import Stage, environment, invented, stage

from tmi_issue_sync.cli.show import say
from tmi_issue_sync.sandbox import facts
from tmi_issue_sync.sandbox.faults import Fault

MODELS = 6
GROWTH = 0.05
CALM = 300.0
"""Seconds in which everything must be linked once the faults stop."""
OURS = ("issue_uri", "modified_at")
"""What may differ in a threat that nobody edited."""
FAULTS: tuple[Mapping[str, Any], ...] = (
    {"site": "github", "kind": "drop-before", "method": "POST", "path": r"/issues$"},
    {"site": "github", "kind": "drop-after", "method": "POST", "path": r"/issues$"},
    {"site": "github", "kind": "fin-after", "method": "POST", "path": r"/issues$"},
    {"site": "github", "kind": "truncate", "method": "POST", "path": r"/issues$"},
    {"site": "github", "kind": "late", "method": "POST", "path": r"/issues$", "seconds": 0.3},
    {"site": "github", "kind": "status-before", "method": "POST", "path": r"/issues$", "status": 503},
    {"site": "github", "kind": "status-after", "method": "POST", "path": r"/issues$", "status": 502},
    {"site": "github", "kind": "status-before", "method": "GET", "status": 500, "times": 6},
    {"site": "github", "kind": "html", "method": "GET"},
    {"site": "github", "kind": "drop-after", "method": "GET"},
    {"site": "tmi", "kind": "drop-before", "method": "PUT", "path": r"/threats/"},
    {"site": "tmi", "kind": "drop-after", "method": "PUT", "path": r"/threats/"},
    {"site": "tmi", "kind": "status-before", "method": "PUT", "path": r"/threats/", "status": 503},
    {"site": "tmi", "kind": "status-before", "method": "GET", "status": 503, "times": 8},
    {"site": "tmi", "kind": "truncate", "method": "GET"},
    {"site": "tmi", "kind": "html", "method": "GET"},
    {"site": "tmi", "kind": "delay", "method": "GET", "seconds": 1.0},
)


@dataclass
class Soak:
    """One sandbox, one service on it, and what was measured."""

    name: str
    stage: Stage
    chance: random.Random
    process: subprocess.Popen[bytes] | None = None
    rss: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    parked: int = 0
    """Threats that a person had to let go of at last."""
    theirs: dict[str, str] = field(default_factory=dict)
    """Links that people set."""
    loaded: dict[str, dict[str, Any]] = field(default_factory=dict)
    edited: set[str] = field(default_factory=set)

    # -- the service -----------------------------------------------------------------------------------------

    def start(self) -> None:
        log = (self.stage.place / "log.jsonl").open("ab")
        words = self.stage.command("--log-format", "json", "sync", "--yes", "--new-install")
        if self.process is not None:
            words.remove("--new-install")
        with log:
            self.process = subprocess.Popen(words, env=environment(), stdout=log, stderr=log)

    def stop(self, number: signal.Signals) -> None:
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(number)
        code = self.process.wait(timeout=60)
        self.ends[f"{number.name} -> {code}"] += 1
        if number is signal.SIGTERM:
            self.slowest = max(self.slowest, time.monotonic() - began)

    def sample(self) -> None:
        assert self.process is not None
        if self.process.poll() is not None:
            raise SystemExit(f"{self.name}: the service ended by itself with {self.process.returncode}")
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        self.rss.append(int(status.partition("VmRSS:")[2].split()[0]))
        self.files.append(len(os.listdir(f"/proc/{self.process.pid}/fd")))

    def help(self) -> None:
        """What a person does when the trouble is over: let go of what was parked (protocol Do4)."""
        said = subprocess.run(
            self.stage.command("status", "--json"), env=environment(), check=True, capture_output=True
        )
        parked = [item["threat"] for item in json.loads(said.stdout)["attention"] if item["state"] == "parked"]
        if parked:
            self.stop(signal.SIGTERM)
            for threat in parked:
                words = self.stage.command("retry", threat)
                subprocess.run(words, env=environment(), check=True, capture_output=True)
            self.start()
            self.parked += len(parked)

    # -- the world -------------------------------------------------------------------------------------------

    def trouble(self) -> None:
        """Something goes wrong at a server, or a person does something."""
        world, tmi = self.stage.world, self.stage.world.tmi_site
        if self.chance.random() < 0.7:
            world.faults.clear()  # they must not pile up while a server is left alone
            world.faults.add(Fault(**self.chance.choice(FAULTS)))
            return
        rows = [row for row in tmi.threats() if row["id"] not in self.theirs]
        row = self.chance.choice(rows)
        match self.chance.randrange(4):
            case 0:
                self._add()
            case 1:
                tmi.edit_threat(row["id"], description=f"Edited {self.chance.random()}.")
                self.edited.add(row["id"])
            case 2 if row.get("issue_uri"):  # a stale page
                tmi.edit_threat(row["id"], issue_uri=None)
                self.edited.add(row["id"])
            case 3 if row.get("issue_uri"):  # another ticket is the right one
                self.theirs[row["id"]] = url = f"https://example.com/ticket/{len(self.theirs)}"
                tmi.edit_threat(row["id"], issue_uri=url)
                self.edited.add(row["id"])

    def _add(self) -> None:
        """A threat that nobody has seen yet, in a model of its own."""
        model = invented(1, 1)[0]
        model["id"], model["name"] = str(uuid.uuid4()), "Another model"
        model["threats"][0]["id"] = str(uuid.uuid4())
        self.load([model])

    def load(self, models: list[dict[str, Any]]) -> None:
        self.stage.world.load(models)
        new = {threat["id"] for model in models for threat in model["threats"]}
        self.loaded |= {row["id"]: row for row in self.stage.world.tmi_site.threats() if row["id"] in new}

    # -- the promises ----------------------------------------------------------------------------------------

    def waiting(self) -> list[str]:
        """Eligible threats without any link."""
        return sorted(facts.wanted(self.stage.world.tmi_site.threats()))

    def broken(self) -> list[str]:
        """Promises that the sandbox's log says were broken."""
        log, rows = self.stage.world.log, {row["id"]: row for row in self.stage.world.tmi_site.threats()}
        tickets = Counter(made.threat_id for made in facts.made(log))
        urls = {made.threat_id: self.stage.world.url(made) for made in facts.made(log)}
        wrong = [f"{count} tickets for {threat}" for threat, count in tickets.items() if count > 1]
        wrong += [f"not linked: {threat}" for threat in self.waiting()]
        wrong += [
            f"a person's link was overwritten: {t}" for t, url in self.theirs.items() if rows[t]["issue_uri"] != url
        ]
        for threat, url in urls.items():
            if threat not in self.theirs and rows[threat].get("issue_uri") != url:
                wrong.append(f"{threat} links {rows[threat].get('issue_uri')!r} instead of {url}")
        for threat, before in self.loaded.items():
            now = {key: value for key, value in rows[threat].items() if key not in OURS}
            if threat not in self.edited and now != {k: v for k, v in before.items() if k not in OURS}:
                wrong.append(f"{threat} was changed beyond its link")
        return wrong + [f"a ticket was closed: {entry.facts}" for entry in log.commits("github", "issue.closed")]


@contextmanager
def soak(name: str, threats: int, seed: int) -> Iterator[Soak]:
    """A sandbox with a config that hurries, and a service that is started and, at last, ended."""
    with stage([]) as made:
        config = made.place / "config.toml"
        config.write_text(
            config.read_text().replace('every = "5s"', 'every = "2s"').replace("wait = 1\n", "wait = 3\n")
        )
        found = Soak(name, made, random.Random(seed))
        found.load(invented(MODELS, threats // MODELS))
        found.start()
        try:
            yield found
        finally:
            if found.process is not None and found.process.poll() is None:
                found.process.kill()
                found.process.wait()


def run(steady: Soak, mortal: Soak, minutes: float) -> None:
    """Faults, people and deaths until the time is over; then calm until all is linked."""
    until, sample, strike, death = time.monotonic() + minutes * 60, 0.0, 0.0, time.monotonic() + 20.0
    pause = threading.Event()
    while (now := time.monotonic()) < until:
        if now >= sample:
            sample = now + 5.0
            steady.sample()
        if now >= strike:
            strike = now + steady.chance.uniform(0.5, 4.0)
            steady.trouble()
            mortal.trouble()
        if now >= death:
            death = now + mortal.chance.uniform(3.0, 40.0)
            mortal.stop(mortal.chance.choice((signal.SIGKILL, signal.SIGTERM)))
            mortal.start()
        pause.wait(0.25)
    for each in (steady, mortal):
        each.stage.world.faults.clear()
    pause.wait(30.0)
    for each in (steady, mortal):
        each.help()
    calm = time.monotonic() + CALM
    while time.monotonic() < calm and (steady.waiting() or mortal.waiting()):
        pause.wait(1.0)
    pause.wait(10.0)  # the last links are verified
    for each in (steady, mortal):
        each.stop(signal.SIGTERM)


def judged(each: Soak) -> list[str]:
    """Tell what happened, and give what is wrong."""
    log, wrong = each.stage.world.log, each.broken()
    lines = [json.loads(line) for line in (each.stage.place / "log.jsonl").read_text().splitlines()]
    passes = sum(str(line["event"]).startswith("pass ended") for line in lines)
    failed = sum(line["event"] == "the pass failed" for line in lines)
    bugs = [line for line in lines if "bug" in str(line["event"])]
    made, linked = len(facts.made(log)), len(facts.links(log))
    say(f"{each.name}: {made} tickets, {linked} threats written to, {len(each.theirs)} links of people")
    say(f"  {len(log.requests())} requests, {len(log.faults())} faults; {passes} passes ended, {failed} failed")
    say(f"  ends: {dict(each.ends)}; slowest SIGTERM {each.slowest:.1f} s; {each.parked} let go of by hand")
    wrong += [f"bug: {line}" for line in bugs]
    wrong += ["a SIGTERM took 10 s or more"] if each.slowest >= 10 else []
    if each.rss:
        third = len(each.rss) // 3
        first, last = statistics.median(each.rss[:third]), statistics.median(each.rss[-third:])
        say(f"  RSS {first / 1024:.1f} MB in the first third, {last / 1024:.1f} in the last ({last / first:.1%})")
        files = [statistics.median(part) for part in (each.files[:third], each.files[-third:])]
        say(f"  open files: median {files[0]:.0f}, then {files[1]:.0f}; {min(each.files)} to {max(each.files)}")
        wrong += ["memory grew"] if last > first * (1 + GROWTH) else []
        wrong += ["open files grew"] if files[1] > files[0] + 1 else []
    return [f"{each.name}: {what}" for what in wrong]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--threats", type=int, default=120)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with (
        soak("steady", given.threats, given.seed) as steady,
        soak("mortal", given.threats, given.seed + 1) as mortal,
    ):
        run(steady, mortal, given.minutes)
        wrong = [*judged(steady), *judged(mortal)]
    for what in wrong:
        say(f"BROKEN {what}")
    say("the promises held" if not wrong else f"{len(wrong)} broken")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
