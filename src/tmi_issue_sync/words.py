"""Figures as people read them, on the terminal and on the page."""

from __future__ import annotations


def duration(seconds: float, *, tenths: bool = False) -> str:
    """`40 s`, `5 min`, `3 h`, `2 d`. What is short is a second at least, or, with `tenths`, told as `0.4 s`."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    if tenths:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{max(round(seconds), 1)} s"
