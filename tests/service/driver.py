"""The service in a process of its own, with a hand on its hooks: commands on stdin, what it told on stdout.

python driver.py CONFIG STATE [DEADLINE] [signal-at-start]
`wake ID ...` and `wake` wake it; `state` prints its state. Each pass that ended is printed as one JSON line.
With `signal-at-start`, SIGTERM comes while the scheduler hands the first pass to its thread.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from apscheduler.executors.pool import BasePoolExecutor

from tmi_issue_sync import signals
from tmi_issue_sync.cli.progress import Lines
from tmi_issue_sync.config import load_settings
from tmi_issue_sync.log import Redactor, configure
from tmi_issue_sync.service import Service
from tmi_issue_sync.state import Passed
from tmi_issue_sync.sync import Scope
from tmi_issue_sync.wiring import Places


def tell(**facts: Any) -> None:
    print(json.dumps(facts, default=str), flush=True)


def told(passed: Passed) -> None:
    report = passed.report
    tell(
        told="pass",
        woken=passed.scope.woken,
        models=sorted(passed.scope.models),
        created=report.created if report else None,
        error=str(passed.error or ""),
    )


def signal_at_start() -> None:
    hand_over = BasePoolExecutor._do_submit_job

    def signalled(self: Any, job: Any, run_times: Any) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        hand_over(self, job, run_times)

    BasePoolExecutor._do_submit_job = signalled


def main() -> int:
    if len(sys.argv) > 3:
        signals.DEADLINE = float(sys.argv[3])
    if "signal-at-start" in sys.argv:
        signal_at_start()
    configure("json", "info", Redactor())
    service = Service(Scope(), Lines(), lambda _report: True, told)

    def obey() -> None:
        for line in sys.stdin:
            match line.split():
                case ["wake", *models]:
                    for model in models or [None]:
                        service.wake(model)
                case ["state"]:
                    found = service.state()
                    tell(told="state", running=found.running, next_run=found.next_run, closed=dict(found.closed))

    @contextmanager
    def beside() -> Iterator[None]:
        threading.Thread(target=obey, daemon=True).start()
        yield
        tell(told="left")

    settings = load_settings(Path(sys.argv[1]))
    places = Places.of(settings, Path(sys.argv[2]))
    return service.run(settings, places, new_install=not places.ledger.exists(), beside=beside)


if __name__ == "__main__":
    sys.exit(main())
