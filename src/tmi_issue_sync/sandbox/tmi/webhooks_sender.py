"""Sends what the outbox holds, over HTTP to loopback; a tick at a time, as the test or the sandbox asks."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

from tmi_issue_sync.sandbox.tmi.webhooks_outbox import Outbox, Post

PATIENCE = 5.0
"""Seconds that a subscriber has for its answer."""


def tick(outbox: Outbox) -> list[tuple[Post, int]]:
    """Send what is due; gives each request with the status of its answer, 0 where there was none."""
    sent = []
    for post in outbox.due():
        status, body = _send(post)
        outbox.answered(post, status, body)
        sent.append((post, status))
    return sent


def _send(post: Post) -> tuple[int, bytes]:
    parts = urlsplit(post.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=PATIENCE)
    try:
        connection.request("POST", parts.path or "/", post.body, post.headers)
        answer = connection.getresponse()
        return answer.status, answer.read(1 << 20)
    except OSError:
        return 0, b""
    finally:
        connection.close()
