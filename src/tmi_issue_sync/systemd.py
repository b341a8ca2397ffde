"""What systemd wants to hear from a service (sd_notify): one datagram, nothing where nobody listens."""

from __future__ import annotations

import contextlib
import os
import socket


def notify(**facts: object) -> None:
    """`notify(READY=1, STATUS="a pass runs")`. Without $NOTIFY_SOCKET, or with a deaf one, nothing happens."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    if address[0] == "@":  # an abstract socket
        address = "\0" + address[1:]
    lines = (f"{name}={' '.join(str(value).split())}" for name, value in facts.items())
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.settimeout(1.0)
        line.sendto("\n".join(lines).encode(), address)


def watchdog() -> float | None:
    """Seconds within which the service manager wants a sign of life; None where it does not ask for one."""
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 1e6 if microseconds.isdecimal() and int(microseconds) else None
