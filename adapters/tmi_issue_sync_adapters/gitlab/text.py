"""What GitLab would run of a text by itself: quick actions, at the start of a line."""

from __future__ import annotations

import re
from bisect import bisect_left

BREAK = "\u200b"
"""After the slash, it leaves the line as it looks and takes its effect away."""
FENCE = "```"
_COMMAND = re.compile(r"/(?=[A-Za-z])")


def disarmed(text: str) -> str:
    """The text with no quick action in it. The core disarms threats' text; this also takes templates' own."""
    lines = text.replace("\r", "").split("\n")
    ends = [at for at, line in enumerate(lines) if line == FENCE]
    out: list[str] = []
    while (at := len(out)) < len(lines):
        if (end := _end(lines[at], ends, at)) is not None:
            out += lines[at : end + 1]
        else:
            found = _COMMAND.match(lines[at])
            out.append(f"/{BREAK}{lines[at][1:]}" if found else lines[at])
    return "\n".join(out)


def _end(line: str, ends: list[int], at: int) -> int | None:
    """Where the code block ends that begins in this line, as GitLab reads them to leave their commands alone.

    Only three backticks at a line's very start end one, however many began it, and an empty one has no end.
    """
    if not line.startswith(FENCE):
        return None
    after = bisect_left(ends, at + (1 if line != FENCE else 2))
    return ends[after] if after < len(ends) else None
