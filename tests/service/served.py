"""A service as a process; tests wait for the lines that it prints, never for time."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PATIENCE = 90.0
"""Seconds after which a line will surely not come."""
Line = dict[str, Any]
Config = Callable[..., Path]


class Served:
    """The process, and every line that it printed: its log, and what the driver tells."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[Line] = []
        self._coming: queue.Queue[Line] = queue.Queue()
        self._readers = [
            threading.Thread(target=self._read, args=(stream,)) for stream in (process.stdout, process.stderr)
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, stream: Any) -> None:
        with stream:
            for text in stream:
                try:
                    self._coming.put(json.loads(text))
                except ValueError:
                    self._coming.put({"event": text.rstrip()})

    def until(self, wanted: Callable[[Line], object], what: str = "") -> Line:
        """The next line that is wanted; the ones before it are kept in `lines`."""
        end = time.monotonic() + PATIENCE
        while (left := end - time.monotonic()) > 0:
            try:
                line = self._coming.get(timeout=left)
            except queue.Empty:
                break
            self.lines.append(line)
            if wanted(line):
                return line
        raise AssertionError(f"no line {what or wanted}; there were {self.lines}")

    def when(self, condition: Callable[[], object]) -> None:
        """Wait for what happens elsewhere, while the process lives."""
        end, pause = time.monotonic() + PATIENCE, threading.Event()
        while not condition():
            assert self.process.poll() is None
            assert time.monotonic() < end
            pause.wait(0.02)

    def event(self, text: str) -> Line:
        """The next log line that begins so."""
        return self.until(lambda line: str(line.get("event", "")).startswith(text), text)

    def ended_pass(self) -> Line:
        return self.event("pass ended")

    def say(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def end(self, signal: int) -> tuple[int, float]:
        """Send the signal; the exit code and the seconds until the end."""
        began = time.monotonic()
        self.process.send_signal(signal)
        code = self.process.wait(PATIENCE)
        took = time.monotonic() - began
        self.close()
        return code, took

    def close(self) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        while not self._coming.empty():
            self.lines.append(self._coming.get())


@contextmanager
def served(words: list[str | Path], env: Mapping[str, str] | None = None) -> Iterator[Served]:
    """Started with nothing of the machine's own configuration in reach."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("TMI_", "STATE_", "NOTIFY_"))}
    found = Served(
        subprocess.Popen(
            [sys.executable, *map(str, words)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**clean, **(env or {})},
        )
    )
    try:
        yield found
    finally:
        found.close()


def command(config: Path, state: Path, *words: str) -> list[str | Path]:
    return ["-m", "tmi_issue_sync", "--config", config, "--state", state, "--log-format", "json", *words]


def driver(config: Path, state: Path, *words: str) -> list[str | Path]:
    return [Path(__file__).with_name("driver.py"), config, state, *words]
