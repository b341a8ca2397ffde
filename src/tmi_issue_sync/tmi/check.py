"""What `check` says about TMI. Reads only, and one probe that changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import SyncError, TmiError
from ..model import Finding, Level, ThreatModel
from . import reads
from .caller import Caller
from .client import TmiClient
from .options import ClientCredentials, Login
from .session import ending

AUTOMATION = "tmi-automation"


def identity_findings(client: TmiClient) -> list[Finding]:
    """Reachable? Who reads, who writes, until when, what do they see, and may they write?"""
    try:
        info = client.info()
    except TmiError as error:
        return [_bad(error)]
    found = [Finding(Level.OK, f"TMI {info.version} answers at {client.options.url} ({info.build})")]
    if not info.ok:
        found.append(Finding(Level.WARNING, "TMI says of itself that it is degraded", "See TMI's health and log."))
    found += _who(client)
    found += _session(client)
    try:
        models = client.threat_models()
    except TmiError as error:
        return [*found, _bad(error)]
    return [*found, _seen(len(models)), *_may_write(client, models)]


def _who(client: TmiClient) -> Iterator[Finding]:
    if client.reader is not client.writer:
        kind = "reads (service account of)" if isinstance(client.options.read, ClientCredentials) else "reads as"
        yield _me(client.reader, kind)
    if client.writer is not None:
        both = client.reader is client.writer
        yield _me(client.writer, "reads and writes as" if both else "writes as")
    else:
        so = "so links wait" if client.options.links == "pending" else "so no ticket will be made"
        yield Finding(
            Level.WARNING,
            f"nobody is configured to write links to TMI, {so}",
            "Add write = { login = true } to [tmi], then run: tmi-issue-sync login",
        )


def _me(caller: Caller, what: str) -> Finding:
    try:
        me = reads.me(caller)
    except TmiError as error:
        return _bad(error)
    groups = f", in {', '.join(me.groups)}" if me.groups else ""
    return Finding(Level.OK, f"{what} {me}{groups}")


def _session(client: TmiClient) -> Iterator[Finding]:
    if not isinstance(client.options.write, Login):
        return
    try:
        saved = client.session_file.load()
    except TmiError:
        return  # the writer's own finding says so
    if saved is None or saved.over:
        return
    if warning := ending(saved, client.clock.now()):
        yield Finding(Level.WARNING, warning)
    else:
        yield Finding(Level.OK, f"the session of {saved.user or 'the writer'} ends {saved.ends_at[:16]}Z")


def _seen(count: int) -> Finding:
    if count:
        return Finding(Level.OK, f"sees {count} threat model{'' if count == 1 else 's'}")
    return Finding(
        Level.WARNING,
        "sees no threat model at all",
        f"An admin of TMI adds the account to the group {AUTOMATION}; groups count from the next login on.",
    )


def _may_write(client: TmiClient, models: list[ThreatModel]) -> Iterator[Finding]:
    """Probe on the first threat that there is; each model has its own rights, so this is a sample."""
    if client.writer is None:
        return
    try:
        for read in client.read([model for model in models if model.threat_count][:5]):
            if isinstance(read, tuple) or not read.threats:
                continue
            client.probe(read.threats[0])
            yield Finding(Level.OK, f"may write to the model {read.model.name!r} (probed, nothing changed)")
            return
        yield Finding(Level.WARNING, "the right to write is not probed: there is no threat to try it on")
    except TmiError as error:
        yield _bad(error)


def _bad(error: SyncError) -> Finding:
    return Finding(Level.ERROR, error.why, error.todo)
