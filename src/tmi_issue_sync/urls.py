"""Links: which are URLs, and which name the same ticket."""

from __future__ import annotations

from urllib.parse import urlsplit


def is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def same_url(one: str, other: str) -> bool:
    """Whether two links name one ticket: host in lower case, no query, no fragment, no slash at the end."""
    return _ticket_part(one) == _ticket_part(other)


def host_of(url: str) -> str:
    """Host and port in lower case, as `Traits.hosts` has them."""
    return urlsplit(url.strip()).netloc.lower()


def _ticket_part(url: str) -> tuple[str, str]:
    parts = urlsplit(url.strip())
    return (host_of(url), parts.path.rstrip("/"))
