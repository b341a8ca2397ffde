"""One writer: an exclusive lock on a file beside the ledger, which also holds the witness (protocol St1-St3)."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from ..errors import LedgerError, Locked


@dataclass(frozen=True, slots=True)
class Witness:
    """What the ledger was when the last create was sent: a ledger behind it has lost something (St3)."""

    ledger_id: str
    seq: int


class LedgerLock:
    """Holds the lock as a context manager. Raises Locked, naming the holder, or LedgerError.

    The file is never deleted: a lock on a deleted file would let a second process take a new one.
    """

    def __init__(self, ledger: Path) -> None:
        self.path = ledger.with_name(ledger.name + ".lock")
        self._fd = -1

    def __enter__(self) -> LedgerLock:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise LedgerError(
                f"the ledger's lock {self.path} can't be opened: {error.strerror}",
                todo="Choose a writable place with --state, or mend its permissions.",
            ) from error
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = self._read().get("holder", "another process")
            os.close(self._fd)
            self._fd = -1
            raise Locked(
                f"the ledger {self.path.parent} is in use by {holder}",
                todo="Stop that one first, or let it do the work; `status` and `plan` run beside it.",
            ) from error
        self._write({**self._read(), "holder": f"process {os.getpid()}"})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._fd)
        self._fd = -1

    def witness(self) -> Witness | None:
        found = self._read()
        ledger_id, seq = found.get("ledger"), found.get("seq")
        return Witness(ledger_id, seq) if isinstance(ledger_id, str) and isinstance(seq, int) else None

    def testify(self, witness: Witness) -> None:
        """Durable before it returns. Raises LedgerError where it can't be."""
        self._write({**self._read(), "ledger": witness.ledger_id, "seq": witness.seq})

    def still_there(self) -> bool:
        """Whether the file that we hold is still the one at its path (St2)."""
        return same_file(self._fd, self.path)

    def _read(self) -> dict[str, object]:
        try:
            found = json.loads(os.pread(self._fd, 65536, 0) or b"{}")
        except ValueError:  # torn by a crash: no witness, so the ledger settles
            return {}
        return found if isinstance(found, dict) else {}

    def _write(self, content: dict[str, object]) -> None:
        # One write in place of fixed width: a shorter text never leaves a longer one's tail behind.
        data = json.dumps(content).encode().ljust(512) + b"\n"
        try:
            os.pwrite(self._fd, data, 0)  # a short write is torn JSON: no witness, so the ledger settles
            os.ftruncate(self._fd, len(data))
            os.fsync(self._fd)
        except OSError as error:
            raise LedgerError(
                f"the ledger's lock {self.path} can't be written: {error.strerror}",
                todo="Free the disk or mend its permissions; nothing was sent.",
            ) from error


def same_file(fd: int, path: Path) -> bool:
    try:
        here, there = os.fstat(fd), os.stat(path)
    except OSError:
        return False
    return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)
