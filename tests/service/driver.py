"""The service in a process of its own, with a hand on its hooks: commands on stdin, what it told on stdout.

python driver.py CONFIG STATE [DEADLINE]
`wake ID ...` and `wake` wake it; `state` prints its state. Each pass that ended is printed as one JSON line.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tmi_issue_sync import once
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


def main() -> int:
    if len(sys.argv) > 3:
        once.DEADLINE = float(sys.argv[3])
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
