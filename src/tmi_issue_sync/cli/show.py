"""Words and tables on a terminal or in a pipe. Threats are named by strangers: nothing of theirs is trusted."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any

Row = Sequence[object]
NARROW = 10
"""A column of a table on a terminal has so many characters at least, where it needs them."""


def say(text: str = "") -> None:
    """One line, or several, to stdout."""
    print(text, flush=True)


def say_json(value: Any) -> None:
    """JSON with times as `2026-01-31T08:00:00Z`, whatever else is no JSON as text."""
    say(json.dumps(value, ensure_ascii=True, indent=2, default=_told))


def moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _told(value: object) -> str:
    return moment(value) if isinstance(value, datetime) else str(value)


def clean(text: object) -> str:
    """No control characters, no line breaks, no marks that turn the writing direction."""
    return visible(" ".join(str(text).split()))


def visible(line: str) -> str:
    """The line as it is, without characters that nobody sees."""
    return "".join(char for char in line if unicodedata.category(char)[0] != "C")


def short(text: object, width: int) -> str:
    flat = clean(text)
    return flat if len(flat) <= width else flat[: width - 1] + "…"


def table(headers: Sequence[str], rows: Sequence[Row]) -> None:
    """A table that fits the terminal, or lines with two spaces between the columns in a pipe."""
    cells = [[clean(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _drawn(headers, cells)
        return
    widths = [max(len(row[i]) for row in [list(headers), *cells]) for i in range(len(headers))]
    for row in [list(headers), *cells]:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _drawn(headers: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console, between = Console(), 3 * len(headers) + 1
    widths = _widths(
        [[header, *column] for header, *column in zip(headers, *cells, strict=True)], console.width - between
    )
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for header, width in zip(headers, widths, strict=True):
        drawn.add_column(header, overflow="fold", width=width)
    for row in cells:
        drawn.add_row(*(Text(cell) for cell in row))
    Console(width=max(console.width, sum(widths) + between)).print(drawn)


def _widths(columns: Sequence[Sequence[str]], room: int) -> list[int]:
    """The columns' widths: the widest shrink first, and none so far that a link is cut, because that opens nothing.

    Where that is more than there is room for, the terminal folds the lines, and knows that their links go on.
    """
    from rich.cells import cell_len

    widths = [max(map(cell_len, column)) for column in columns]
    least = [
        max([min(width, NARROW), *(cell_len(word) for cell in column for word in cell.split() if "://" in word)])
        for column, width in zip(columns, widths, strict=True)
    ]
    while sum(widths) > room and widths != least:
        widest = max(range(len(widths)), key=lambda n: (widths[n] > least[n], widths[n]))
        widths[widest] -= 1
    return widths


def plural(number: int, noun: str) -> str:
    """`1 ticket`, `2 tickets`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
