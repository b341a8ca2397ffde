"""`login` and `logout`: a person's session with TMI, begun by OAuth with PKCE."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import secrets
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

from ..clock import Clock
from ..errors import ConfigError, NeedsPerson, TmiError, UsageError
from . import reads
from .auth import granted
from .callback import code_of, listening
from .caller import Caller, refusal
from .options import Login, TmiOptions
from .session import LoginNeeded, Saved, Session, SessionFile
from .wire import Reply, Wire


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever sits at the terminal."""

    say: Callable[[str], None]
    ask: Callable[[str], str]
    browse: Callable[[str], bool] = webbrowser.open


@dataclass(frozen=True, slots=True)
class _Attempt:
    """The secrets of one login."""

    provider: str
    callback: str
    state: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(64), repr=False)

    @property
    def query(self) -> dict[str, str]:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return {
            "idp": self.provider,
            "scope": "openid profile email",
            "client_callback": self.callback,
            "state": self.state,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }


def login(
    options: TmiOptions,
    person: Person,
    *,
    clock: Clock,
    state_dir: Path,
    user_agent: str,
    no_browser: bool = False,
    provider: str | None = None,
    timeout: float = 300.0,
) -> str:
    """Log a person in and keep the session; gives the person's name. Raises SyncErrors."""
    option = _option(options)
    with Wire(options, clock, user_agent) as wire:
        chosen = _provider(wire, person, provider or option.provider)
        attempt = _Attempt(chosen, f"http://127.0.0.1:{option.port}/callback")
        _allowed(wire, _Attempt(chosen, attempt.callback))
        url = f"{wire.url}/oauth2/authorize?{urlencode(attempt.query)}"
        code = _pasted(url, attempt, person) if no_browser else _browsed(url, attempt, person, option.port, timeout)
        file = SessionFile(state_dir, wire.url)
        saved = _exchange(wire, attempt, code, option.session_days)
        with file.locked(clock):
            file.store(saved)
        name = str(reads.me(Caller(wire, Session("the writer", file, wire))))
        with file.locked(clock):
            if (kept := file.load()) is not None:
                file.store(replace(kept, user=name))
        person.say(f"Logged in to {wire.url} as {name}; the session ends {saved.ends_at[:16]}Z.")
        return name


def logout(options: TmiOptions, *, clock: Clock, state_dir: Path, user_agent: str) -> bool:
    """Revoke the session's tokens as far as TMI can be reached, and delete them here. False: there was none."""
    with Wire(options, clock, user_agent) as wire:
        file = SessionFile(state_dir, wire.url)
        with file.locked(clock):
            saved: Saved | None = None
            with contextlib.suppress(LoginNeeded):  # damaged, or another TMI's: its tokens go nowhere
                saved = file.load()
            existed = file.path.exists()
            file.delete()
        for token in (saved.refresh_token, saved.access_token) if saved and not saved.over else ():
            with contextlib.suppress(TmiError):
                wire.send(
                    "POST", "/oauth2/revoke", token=saved.access_token if saved else None, body={"token": token}
                )
        return existed


def _option(options: TmiOptions) -> Login:
    if isinstance(options.write, Login):
        return options.write
    raise ConfigError("[tmi] write names no login", todo="Add write = { login = true } to [tmi].")


def _provider(wire: Wire, person: Person, wanted: str | None) -> str:
    """Which identity provider of TMI's: the wanted, the only one, or the one that the person names."""
    reply = wire.send("GET", "/oauth2/providers")
    if reply.status != 200:
        raise refusal(reply, "anybody")
    rows = reply.table().get("providers")
    ids = (
        [str(row["id"]) for row in rows if isinstance(row, dict) and row.get("id")]
        if isinstance(rows, list)
        else []
    )
    if not ids:
        raise ConfigError(
            "TMI has no identity provider to log in with", todo="Its operator must configure one; or use a token."
        )
    names = ", ".join(ids)
    choice = wanted or (ids[0] if len(ids) == 1 else person.ask(f"Which identity provider ({names})? ").strip())
    if choice not in ids:
        raise UsageError(
            f"TMI has no identity provider {choice!r}; it has {names}",
            todo="Set write = { login = true, provider = ... } in [tmi].",
        )
    return choice


def _allowed(wire: Wire, trial: _Attempt) -> None:
    """Ask the way ourselves first: a person in a browser would see TMI's refusal and we would wait for nothing."""
    reply = wire.send("GET", "/oauth2/authorize", params=trial.query)
    if 300 <= reply.status < 400:
        return
    if reply.status == 400 and "callback" in reply.words:
        raise NeedsPerson(
            f"TMI does not allow logins that return to {trial.callback} ({reply.words})",
            todo="Add it to the list on the server: "
            f"TMI_OAUTH_CLIENT_CALLBACK_ALLOWLIST=...,{trial.callback} and restart TMI.",
        )
    raise refusal(reply, "anybody")


def _pasted(url: str, attempt: _Attempt, person: Person) -> str:
    person.say(f"Open this page in a browser anywhere:\n\n  {url}\n")
    person.say(f"It ends at {attempt.callback}?..., which may not load: only its address matters.")
    return code_of(person.ask("Paste that address here: "), attempt.state)


def _browsed(url: str, attempt: _Attempt, person: Person, port: int, timeout: float) -> str:
    with listening(port, attempt.state) as waiter:
        if person.browse(url):
            person.say("A browser opens; log in there.")
        else:
            person.say(f"Open this page in a browser on this machine:\n\n  {url}\n")
        return waiter.code(timeout)


def _exchange(wire: Wire, attempt: _Attempt, code: str, session_days: float) -> Saved:
    body = {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": attempt.verifier,
        "redirect_uri": attempt.callback,
    }
    reply: Reply = wire.send("POST", "/oauth2/token", params={"idp": attempt.provider}, body=dict(body))
    if reply.status != 200:
        raise NeedsPerson(f"TMI did not take the login ({reply.words})", todo="Run: tmi-issue-sync login")
    grant = granted(reply)
    if not grant.refresh_token:
        raise TmiError(
            "TMI gave no refresh token, so the session can't be kept", todo="Use write = { token = ... }."
        )
    now = wire.clock.now()
    ends = (now + timedelta(days=session_days)).isoformat()
    empty = Saved(wire.url, grant.refresh_token, "", now.isoformat(), now.isoformat(), ends, attempt.provider)
    return empty.renewed(grant, now)
