"""What the sandbox's pages for people are made of: text shown as text, one style, and nothing else is loaded."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from html import escape

from tmi_issue_sync.sandbox.wire import Reply


class Paper:
    """Pages in the style of one tracker."""

    def __init__(self, style: str = "") -> None:
        policy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        if style:
            digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
            policy += f"; style-src 'sha256-{digest}'"
        self._style = f"<style>{style}</style>" if style else ""
        self.headers = {
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }

    def page(self, status: int, title: str, body: str) -> Reply:
        """A page; the title is text, the body HTML."""
        text = (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
            f"{self._style}<h1>{escape(title)}</h1>{body}</html>"
        )
        return Reply(status, text, dict(self.headers), "text/html; charset=utf-8")


def link(url: str, text: str) -> str:
    return f'<a href="{escape(url)}">{escape(text)}</a>'


def listed(rows: Sequence[str]) -> str:
    """Rows of HTML, or a word that there are none."""
    return f"<ul>{''.join(f'<li>{row}</li>' for row in rows)}</ul>" if rows else '<p class="quiet">None yet.</p>'
