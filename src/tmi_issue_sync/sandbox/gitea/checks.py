"""What the sandbox's Gitea refuses, in the words that real servers of both flavours were heard to say."""

from __future__ import annotations

import json
import re
from typing import Any

from tmi_issue_sync.sandbox.gitea.model import Flavour, Repo, Token, User
from tmi_issue_sync.sandbox.wire import Reply, Request

TITLE_MAX = 255
BROKEN: dict[str, str] = {"message": ""}
"""What some 500s say."""


class Refused(Exception):
    """The request ends here, with this answer."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def refusal(status: int, message: str, **more: Any) -> Refused:
    """A refusal in Gitea's form; `url` is filled in where the answer leaves."""
    return Refused(Reply(status, {"message": message, "url": "", **more}))


def missing() -> Refused:
    return refusal(404, "The target couldn't be found.", errors=[])


def broken() -> Refused:
    """Something that neither flavour expects; it stays so however often it is asked."""
    return Refused(Reply(500, dict(BROKEN)))


def token_of(request: Request, tokens: dict[str, Token], flavour: Flavour) -> Token | None:
    """Who asks: None without credentials; wrong ones are refused even where none are needed."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        return None
    token = tokens.get(secret.strip()) if scheme.lower() in ("token", "bearer") else None
    if token is None and flavour == "gitea":
        raise refusal(401, "invalid username, password or token")
    if token is None:
        raise refusal(401, "user does not exist [uid: 0, name: ]")
    if token.user.suspended:
        raise refusal(403, "This account is prohibited from signing in, please contact your site administrator.")
    return token


def require_scope(token: Token | None, category: str, flavour: Flavour, *, write: bool) -> None:
    """A token reaches only as far as its scopes; who has none is judged by the repository alone."""
    if token is None or token.covers(category, write=write):
        return
    need = f"[{'write' if write else 'read'}:{category}]"
    held = ",".join(sorted(token.scopes))
    tail = f", required={need}, token scope={held}" if flavour == "gitea" else f": {need}"
    raise refusal(403, f"token does not have at least one of required scope(s){tail}")


def sees(user: User | None, repo: Repo) -> bool:
    """Whether a repository exists for this user."""
    return not repo.private or (user is not None and user.role != "none")


def signed_in(user: User | None) -> User:
    if user is None:
        raise refusal(401, "token is required")
    return user


def writer(user: User) -> User:
    """Who may change what others share."""
    if not user.writes:
        raise refusal(403, "user should have specific write permission or be a repo admin or a site admin")
    return user


def fields(request: Request) -> dict[str, Any]:
    """The JSON object that a request carries. A lone surrogate becomes U+FFFD."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        data = request.json() if kind == "application/json" else None
    except (ValueError, RecursionError) as error:
        raise refusal(422, f"[]: Deserialization: {error}") from None
    if not isinstance(data, dict):
        raise refusal(422, "[Title]: Required")
    whole: dict[str, Any] = json.loads(json.dumps(data), object_hook=_mended)
    return whole


def _mended(data: dict[str, Any]) -> dict[str, Any]:
    return {name: mended(value) if isinstance(value, str) else value for name, value in data.items()}


def mended(text: str) -> str:
    return re.sub("[\ud800-\udfff]", "�", text)


def text_of(data: dict[str, Any], name: str, default: str = "") -> str:
    """A text; a NUL breaks the database's statement."""
    value = data.get(name)
    if value is None:
        return default
    if not isinstance(value, str):
        raise unmarshal(name, "string")
    if "\0" in value:
        raise broken()
    return value


def unmarshal(name: str, wanted: str) -> Refused:
    return refusal(
        422, f"[]: Deserialization: json: cannot unmarshal into Go struct field .{name} of type {wanted}"
    )


def kept_title(title: str, flavour: Flavour) -> str:
    """Gitea cuts what is too wide and says nothing; Forgejo breaks."""
    title = title.strip()
    if flavour == "forgejo":
        if len(title) > TITLE_MAX:
            raise broken()
        return title
    if sum(map(_width, title)) <= TITLE_MAX:
        return title
    cut, room = "", TITLE_MAX - _width("…")
    for char in title:
        room -= _width(char)
        if room < 0:
            break
        cut += char
    return f"{cut}…"


def _width(char: str) -> int:
    """In columns, as Gitea guesses."""
    return 1 if ord(char) <= 0xFF else 2
