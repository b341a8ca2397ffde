"""What all tests share: a quiet log, and the machine's own certificates, read once."""

from __future__ import annotations

import logging
import ssl
from functools import cache

import structlog

from tmi_issue_sync import http

structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))

_tls_context = http.tls_context
_of_the_machine = cache(_tls_context)


def _shared(server: http.Server) -> ssl.SSLContext:
    """A context with no file of its own is the same for every server; to make it takes longer than most tests."""
    if server.ca_bundle or server.client_cert or server.client_key:
        return _tls_context(server)
    return _of_the_machine(http.Server(url="https://example.com"))


http.tls_context = _shared
