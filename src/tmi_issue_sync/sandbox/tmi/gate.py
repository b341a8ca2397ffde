"""What every request passes before its handler: the middlewares, in the order of the server's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote
from uuid import UUID

from tmi_issue_sync.sandbox.tmi.call import FORM, JSON, NOBODY, Call, Route
from tmi_issue_sync.sandbox.tmi.errors import Refusal, forbidden, invalid, service_account
from tmi_issue_sync.sandbox.tmi.people import ADMINISTRATORS, Caller, People, require_role
from tmi_issue_sync.sandbox.tmi.store import Store
from tmi_issue_sync.sandbox.tmi.text import clean, normalise_enums, read_json
from tmi_issue_sync.sandbox.tmi.tokens import Tokens
from tmi_issue_sync.sandbox.wire import Reply, Request

_ACCEPTED = (JSON, "*/*", "application/*", "text/event-stream")
_SUSPICIOUS = re.compile(
    r"\.\.|union|select|insert|update|delete|drop|create|alter|exec|script|javascript|[<>]", re.IGNORECASE
)


class Gate:
    """Routes a request, checks it in the server's order, and calls its handler."""

    def __init__(self, routes: Sequence[Route], store: Store, people: People, tokens: Tokens) -> None:
        # Fixed paths before those with an id at the same place: `bulk` is no threat.
        self._routes = sorted(routes, key=lambda route: route.path.count("{"))
        self._store = store
        self._people = people
        self._tokens = tokens

    def answer(self, request: Request) -> Reply:
        _refuse_accept(request)
        route, ids = self._route(request)
        _refuse_ids(ids)
        body = _body(request, route)
        caller = self._caller(request, route)
        if route.check is not None:
            body = route.check(normalise_enums(body))
        self._authorise(route, ids, caller)
        return route.answer(Call(request, ids, caller, body))

    def _route(self, request: Request) -> tuple[Route, dict[str, str]]:
        fits = [(route, route.pattern.fullmatch(request.path)) for route in self._routes]
        found = [(route, match.groupdict()) for route, match in fits if match is not None]
        if not found:
            raise Refusal(404, "not_found", "The requested resource was not found")
        for route, ids in found:
            if route.method == request.method:
                return route, {name: unquote(value) for name, value in ids.items()}
        raise Refusal(405, "method_not_allowed", "The HTTP method is not allowed for this resource")

    def _caller(self, request: Request, route: Route) -> Caller:
        if route.access == "public":
            return NOBODY
        return self._tokens.caller(request.headers.get("authorization"))

    def _authorise(self, route: Route, ids: dict[str, str], caller: Caller) -> None:
        """Authority first, then the model, the role on it, and last whether the threat is there."""
        if route.access == "person" and caller.service:
            raise service_account()
        if route.access == "administrator":
            self._require_administrator(caller)
        if "model" in ids and route.role is not None:
            require_role(self._store.model(ids["model"]), caller, route.role)
        if "threat" in ids:
            self._store.threat(ids["model"], ids["threat"])

    def _require_administrator(self, caller: Caller) -> None:
        if caller.service:
            raise forbidden("Administrative operations require interactive authentication")
        if not self._people.is_in(caller.user, ADMINISTRATORS):
            raise forbidden("Administrator access required")


def _refuse_accept(request: Request) -> None:
    accept = request.headers.get("accept")
    # A browser on its way to the login is let through: its header ends in */*.
    if accept and not any(kind in accept for kind in _ACCEPTED):
        raise Refusal(
            406, "not_acceptable", "The requested Accept header media type is not supported by this server."
        )


def _refuse_ids(ids: dict[str, str]) -> None:
    for value in ids.values():
        if len(value) > 200 or _SUSPICIOUS.search(value):
            raise invalid("Invalid path parameter", "invalid_id")
        try:
            UUID(value)
        except ValueError as error:
            raise invalid("Invalid UUID format", "invalid_id") from error


def _body(request: Request, route: Route) -> Any:
    if not route.media:
        return None
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.body and not media:
        raise invalid("Content-Type header is required for requests with a body", "invalid_request")
    if media not in route.media:
        raise Refusal(
            415,
            "unsupported_media_type",
            "The Content-Type header specifies an unsupported media type",
        )
    if media == FORM:
        return clean(dict(parse_qsl(request.body.decode(), keep_blank_values=True)))
    value = read_json(request.body)
    if FORM in route.media and not isinstance(value, dict):
        raise Refusal(400, "Invalid request")
    return value
