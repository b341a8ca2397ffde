"""What all tests share: a quiet log, files in memory, and what does not change is looked for once."""

from __future__ import annotations

import logging
import os
import shutil
import ssl
from functools import cache
from pathlib import Path

import structlog
from hypothesis import HealthCheck, settings

from tmi_issue_sync import http, tracker

structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))

# The same code gives the same result, however busy the machine is.
settings.register_profile("check", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("check")

MEMORY = Path("/dev/shm")
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 2**30:
    # A ledger waits for its disk at every commit. Here processes are killed, never the machine.
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

_tls_context = http.tls_context
_of_this_machine = cache(_tls_context)


def _shared(server: http.Server) -> ssl.SSLContext:
    """Without files of its own a context is the same for every server, and takes longer than most tests."""
    if server.ca_bundle or server.client_cert:
        return _tls_context(server)
    return _of_this_machine(http.Server(url="https://example.com"))


http.tls_context = _shared
tracker.installed = cache(tracker.installed)
