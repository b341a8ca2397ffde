"""Links: which are URLs, and which name the same ticket. No text is too odd for these functions."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit


def split(text: str) -> SplitResult | None:
    """The parts of a URL; None where the text can't be one (`https://[bad`)."""
    try:
        return urlsplit(text)
    except ValueError:
        return None


def is_url(text: str) -> bool:
    parts = split(text)
    return parts is not None and parts.scheme in ("http", "https") and bool(parts.hostname)


def same_url(one: str, other: str) -> bool:
    """Whether two links name one ticket: host in lower case, no query, no fragment, no slash at the end."""
    return _ticket_part(one) == _ticket_part(other)


def host_of(url: str) -> str:
    """Host and port in lower case, as `Traits.hosts` has them; empty where there are none."""
    return _ticket_part(url)[0]


def _ticket_part(url: str) -> tuple[str, str]:
    parts = split(url.strip())
    if parts is None:  # the same as itself alone
        return ("", url.strip())
    return (parts.netloc.lower(), parts.path.rstrip("/"))
