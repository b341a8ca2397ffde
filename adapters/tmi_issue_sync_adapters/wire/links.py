"""What TMI makes of a tracker's links."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import SplitResult

from tmi_issue_sync.model import Finding, Level

from .reach import netloc


def link_findings(url: SplitResult, host: str, server: str) -> Iterator[Finding]:
    """TMI refuses links of some shapes, and links to another host would not be known as ours."""
    if netloc(url) != host:
        todo = f'Set url = "{url.scheme}://{netloc(url)}".'
        yield Finding(Level.WARNING, f"tickets are at {netloc(url)}, not at {host}", todo)
    if url.scheme != "https":
        todo = f"Serve {server} over https, or allow the scheme in TMI."
        yield Finding(Level.WARNING, f"tickets have {url.scheme} links, which TMI refuses by default", todo)
    if "_" in (url.hostname or ""):
        yield Finding(Level.WARNING, f"TMI may refuse links to {url.hostname}: it has an underscore in its name")
