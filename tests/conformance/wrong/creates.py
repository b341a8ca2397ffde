"""Adapters that are wrong about creating."""

from __future__ import annotations

import time
from datetime import datetime
from http.client import HTTPConnection, HTTPException

from tmi_issue_sync.errors import Unavailable, Uncertain
from tmi_issue_sync.model import Draft, Look, Marker, Ticket

from .base import ISSUES, Wrong, only


class TriesItOutFirst(Wrong):
    """Asks for a ticket that can't be, to see whether it may."""

    tried = False

    def changed(self, since: datetime | None) -> Look:
        self.tried = True
        return super().changed(since)

    def create(self, draft: Draft) -> Ticket:
        if not self.tried and not draft.confidential:
            self.call("POST", ISSUES, {"title": ""})
        return super().create(draft)


class RetriesAfterA500(Wrong):
    """The server said that it failed, so nothing was done."""

    def create(self, draft: Draft) -> Ticket:
        try:
            return super().create(draft)
        except Uncertain as error:
            if "500" in error.why:
                return super().create(draft)
            raise


class BelievesA502(Wrong):
    """Something on the way failed, so it never arrived."""

    def create(self, draft: Draft) -> Ticket:
        try:
            return super().create(draft)
        except Uncertain as error:
            if "502" in error.why:
                raise Unavailable(error.why, server_fault=True) from error
            raise


class TakesItsTime(Wrong):
    """Its time begins anew with every byte."""

    def create(self, draft: Draft) -> Ticket:
        try:
            return super().create(draft)
        except Uncertain:
            if draft.marker.threat_id == "t-STALL":
                time.sleep(1)
            raise


class ForgetsWhatItLost(Wrong):
    """Finds only what it has had an answer for."""

    def open(self) -> None:
        self.lost: set[str] = set()

    def create(self, draft: Draft) -> Ticket:
        try:
            return super().create(draft)
        except Uncertain:
            self.lost.add(draft.marker.word)
            raise

    def find(self, marker: Marker) -> Look:
        look = super().find(marker)
        return only(look) if marker.word in self.lost else look


class KeepsItsLine(Wrong):
    """Sends its second create over the connection of the first."""

    kept: HTTPConnection | None = None

    def close(self) -> None:
        if self.kept is not None:
            self.kept.close()

    def create(self, draft: Draft) -> Ticket:
        if self.kept is None:
            made = super().create(draft)
            self.kept = self.line()
            self.call("GET", "/user", line=self.kept)
            return made
        body = {"title": draft.title, "body": f"{draft.body}\n\n{draft.marker.block()}", "labels": ["tmi"]}
        try:
            row = self.call("POST", ISSUES, body, self.kept)
        except (OSError, HTTPException) as error:
            raise Uncertain(f"lost: {error}") from error
        if "html_url" not in row:
            return super().create(draft)
        made_now = self.get(row["html_url"])
        assert isinstance(made_now, Ticket)
        return made_now


class KnowsBetterWhenToComeBack(Wrong):
    """Does not read Retry-After."""

    def create(self, draft: Draft) -> Ticket:
        try:
            return super().create(draft)
        except Unavailable as error:
            raise Unavailable(error.why, retry_after=60) from error


class ComesBackInAYear(Wrong):
    """Where a rate limit does not say when."""

    def create(self, draft: Draft) -> Ticket:
        try:
            return super().create(draft)
        except Unavailable as error:
            after = error.retry_after
            raise Unavailable(error.why, retry_after=31_536_000 if after == 60 else after) from error


WRONG = {
    "a_create_makes_one_ticket": TriesItOutFirst,
    "a_create_is_sent_once_under_every_fault": RetriesAfterA500,
    "a_verdict_on_a_lost_create_is_true": BelievesA502,
    "a_create_ends_when_its_time_is_over": TakesItsTime,
    "a_lost_ticket_is_found": ForgetsWhatItLost,
    "a_stale_connection_loses_no_create": KeepsItsLine,
    "a_rate_limit_that_says_when_is_told": KnowsBetterWhenToComeBack,
    "a_rate_limit_that_does_not_say_when_is_told": ComesBackInAYear,
}
