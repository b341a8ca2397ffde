"""A TMI server without a network: requests in, replies out, and the hands of the people who use it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from datetime import timedelta
from typing import Any
from uuid import uuid4

from tmi_issue_sync.sandbox.tmi.admin import Admin
from tmi_issue_sync.sandbox.tmi.bulk import Bulk
from tmi_issue_sync.sandbox.tmi.call import Call, Route
from tmi_issue_sync.sandbox.tmi.errors import Refusal
from tmi_issue_sync.sandbox.tmi.gate import Gate
from tmi_issue_sync.sandbox.tmi.loading import Loader
from tmi_issue_sync.sandbox.tmi.metadata import MetadataRoutes
from tmi_issue_sync.sandbox.tmi.models import Models
from tmi_issue_sync.sandbox.tmi.oauth import OAuth
from tmi_issue_sync.sandbox.tmi.people import ADMINISTRATORS, People
from tmi_issue_sync.sandbox.tmi.rules import Dialect, Rules
from tmi_issue_sync.sandbox.tmi.stamps import nano
from tmi_issue_sync.sandbox.tmi.store import Store, Threat
from tmi_issue_sync.sandbox.tmi.threats import Threats
from tmi_issue_sync.sandbox.tmi.tokens import Lifetimes, Tokens
from tmi_issue_sync.sandbox.tmi.views import threat_full
from tmi_issue_sync.sandbox.tmi.webhooks import Webhooks
from tmi_issue_sync.sandbox.tmi.webhooks_outbox import Outbox
from tmi_issue_sync.sandbox.wire import Clock, CommitLog, Reply, Request, utcnow

NO_STORE = "no-store, no-cache, must-revalidate"


class TmiSite:
    """Speaks TMI 1.8.22 as the server was measured, or (`documented`) as its description has it."""

    name = "tmi"

    def __init__(
        self,
        *,
        log: CommitLog,
        clock: Clock = utcnow,
        dialect: Dialect = "1.8.22",
        issue_uri_schemes: tuple[str, ...] = ("https",),
        require_if_match: bool = False,
        callbacks: tuple[str, ...] = (),
        token_seconds: int = 3600,
        refresh_days: float = 7,
        session_days: float = 7,
        cache_seconds: float = 300,
        version: str = "1.8.22",
        webhook_http: bool = False,
        webhook_loopback: bool = False,
    ) -> None:
        self._version = version
        self.clock = clock
        self._store = Store(log, clock, cache_seconds)
        self._people = People(self._store)
        lifetimes = Lifetimes(
            timedelta(seconds=token_seconds), timedelta(days=refresh_days), timedelta(days=session_days)
        )
        self._tokens = Tokens(self._people, clock, lifetimes)
        self._oauth = OAuth(self._store, self._people, self._tokens, callbacks)
        rules = Rules(dialect, issue_uri_schemes, require_if_match)
        self.outbox = Outbox(self._store)
        """What waits to be sent to subscribers of webhooks; `webhooks_sender` sends it."""
        self._webhooks = Webhooks(
            self._store, self._people, self.outbox, http=webhook_http, loopback=webhook_loopback
        )
        self._gate = Gate(self._routes(rules), self._store, self._people, self._tokens)

    def __call__(self, request: Request) -> Reply:
        try:
            reply = self._gate.answer(request)
        except Refusal as refusal:
            reply = refusal.reply()
        reply.headers["Cache-Control"] = NO_STORE
        if "x-request-id" not in request.headers:
            # An id that the client sends goes into the server's log, and is not echoed.
            reply.headers["X-Request-Id"] = str(uuid4())
        return reply

    def add_user(self, name: str, *, admin: bool = False, groups: tuple[str, ...] = ()) -> str:
        """A user, or more groups for one; gives a bearer token that does not expire.

        Groups are frozen into a token: one from before does not know of the new ones.
        """
        self._people.ensure(name)
        for group in (*groups, *((ADMINISTRATORS,) if admin else ())):
            self._people.join(name, group)
        return self._tokens.static(name)

    def add_client_credential(self, owner: str) -> tuple[str, str]:
        """The id and the secret of a new service account that speaks for `owner`."""
        self._people.ensure(owner)
        credential = self._oauth.new_client(owner, "sandbox", {"actor": "human"})
        return credential["client_id"], credential["client_secret"]

    def issue_session(self, user: str) -> tuple[str, str]:
        """Access and refresh token, as after a login."""
        return self._tokens.log_in(user)

    def end_sessions(self) -> None:
        """Every login is over, as when its days have passed."""
        self._tokens.end_sessions()

    def load(self, models: Iterable[Mapping[str, Any]], *, owner: str) -> None:
        """Models with their `threats`, as GET by id answers them; stored as they are, invalid text included."""
        loader = Loader(self._store, self._people)
        for model in models:
            loader.load(model, owner)

    def edit_threat(self, threat_id: str, **fields: Any) -> None:
        """A person saves other values. They are stored as they are; None clears a field."""
        self._write(threat_id, fields, "human.edit")
        self._store.changed(self._store.threats[threat_id])

    def edit_row(self, threat_id: str, **fields: Any) -> None:
        """As `edit_threat`, but in the database: no cache hears of it."""
        self._write(threat_id, fields, "database.edit")

    def delete_threat(self, threat_id: str) -> None:
        """Softly: it leaves the lists, and stays inside of its model."""
        row = self._store.threats[threat_id]
        row.deleted = True
        self._store.changed(row)
        self._human("human.delete", row, row.fields.get("issue_uri"))

    def restore_threat(self, threat_id: str) -> None:
        """With its link and its old `modified_at`; cached lists do not hear of it."""
        row = self._store.threats[threat_id]
        row.deleted = False
        self._human("human.restore", row, row.fields.get("issue_uri"))

    def threat(self, threat_id: str) -> dict[str, Any]:
        """The row as GET by id would answer it without a cache, a deleted one too."""
        row = self._store.threats[threat_id]
        return deepcopy(threat_full(row, row.metadata))

    def threats(self) -> list[dict[str, Any]]:
        """All rows that are not deleted."""
        return [self.threat(row.id) for row in self._store.threats.values() if not row.deleted]

    def edit_model(self, model_id: str, **fields: Any) -> None:
        """A person saves other values of a model; None clears a field."""
        row = self._store.models[model_id]
        before = row.fields.get("issue_uri")
        merged = {**row.fields, **fields}
        row.fields = {key: value for key, value in merged.items() if value is not None}
        row.modified_at = self._store.now()
        self._store.model_cache.forget(model_id)
        after = row.fields.get("issue_uri")
        self._store.commit(
            "human.model", threat_model_id=model_id, issue_uri_before=before, issue_uri_after=after, actor="human"
        )

    def model(self, model_id: str) -> dict[str, Any]:
        """What people can write of a model."""
        row = self._store.models[model_id]
        return deepcopy({**row.fields, "metadata": row.metadata, "authorization": row.authorization})

    def _write(self, threat_id: str, fields: dict[str, Any], kind: str) -> None:
        row = self._store.threats[threat_id]
        before = row.fields.get("issue_uri")
        row.metadata = fields.pop("metadata", row.metadata)
        merged = {**row.fields, **fields}
        row.fields = {key: value for key, value in merged.items() if value is not None}
        row.modified_at = self._store.now()
        self._human(kind, row, before)

    def _human(self, kind: str, row: Threat, before: str | None) -> None:
        self._store.commit(
            kind,
            threat_id=row.id,
            issue_uri_before=before,
            issue_uri_after=row.fields.get("issue_uri"),
            actor="human",
            request_id=None,
        )

    def _routes(self, rules: Rules) -> list[Route]:
        threats = Threats(self._store, rules)
        rooms = (
            self._oauth,
            Admin(self._store, self._people, self._tokens, self._oauth),
            Models(self._store, self._people, rules),
            threats,
            Bulk(self._store, threats),
            MetadataRoutes(self._store),
            self._webhooks,
        )
        return [Route("GET", "/", self._about, "public"), *(route for room in rooms for route in room.routes())]

    def _about(self, _: Call) -> Reply:
        body = {
            "status": {"code": "ok", "time": nano(self._store.clock())},
            "service": {"name": "TMI", "build": f"{self._version}-development"},
            "api": {
                "version": self._version,
                "specification": "https://github.com/ericfitz/tmi/blob/main/api-schema/tmi-openapi.json",
            },
        }
        return Reply(200, body)
