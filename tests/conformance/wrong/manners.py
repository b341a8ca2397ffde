"""Adapters without manners, and adapters that take no for an answer of another kind."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pydantic import ConfigDict

from tmi_issue_sync.errors import Denied, Rejected, Unavailable
from tmi_issue_sync.model import Draft, Finding, Level, Look, Ticket, TicketRef
from tmi_issue_sync.tracker import Adapter
from tmi_issue_sync_adapters.github.options import Options

from .base import ISSUES, Wrong, WrongHarness


class TakesNoTokenForNone(Wrong):
    """Who may see nothing sees nothing."""

    words = "does not know the token"

    def changed(self, since: datetime | None) -> Look:
        try:
            return super().changed(since)
        except Denied as error:
            if self.words not in error.why:
                raise
            return Look(datetime.now(UTC), (), "bot")


class TakesNoTargetForNone(TakesNoTokenForNone):
    """A repository that is not there has no issues."""

    words = "shows nothing for"


class BlamesTheDraft(Wrong):
    """A permission that is missing is a mistake of the threat's."""

    words = "not accessible"

    def create(self, draft: Draft) -> Ticket:
        try:
            return super().create(draft)
        except Denied as error:
            raise Rejected(error.why) if self.words in error.why else error from error


class BlamesTheDraftForTheArchive(BlamesTheDraft):
    """The same where the target is archived."""

    words = "archived"


class SaysHello(Wrong):
    """Asks who it is as soon as it is connected."""

    def open(self) -> None:
        with contextlib.suppress(Exception):
            self.call("GET", "/user")


class IsNeverContent(Wrong):
    """Finds an error where there is none."""

    def check(self) -> Iterable[Finding]:
        return [*super().check(), Finding(Level.ERROR, "something is odd")]


class PreparesTheGround(Wrong):
    """Makes the label that it will need."""

    def check(self) -> Iterable[Finding]:
        found = list(super().check())
        self.call("POST", ISSUES.replace("/issues", "/labels"), {"name": "prepared"})
        return found


class RehearsesForReal(Wrong):
    """Makes a ticket to see whether it may."""

    def rehearse(self, draft: Draft) -> Iterable[Finding]:
        self.create(draft)
        return []


class HurriesAfterErrors(WrongHarness):
    """Traits of a tracker that is faster when it stumbles."""

    def loaded(self) -> Adapter[Any, Any]:
        right = super().loaded()
        return replace(right, traits=lambda options: replace(right.traits(options), lag_after_errors=0))


class Loose(Options):
    model_config = ConfigDict(extra="ignore")


class TakesAnyOption(WrongHarness):
    """A misspelt option is its default."""

    def loaded(self) -> Adapter[Any, Any]:
        return replace(super().loaded(), options=Loose)


class ShowsItsToken(Wrong):
    """For those who debug it."""

    def __repr__(self) -> str:
        return f"Wrong(token={self.options.token.get_secret_value()!r})"


class Crashes(Wrong):
    """What it did not expect is no concern of its."""

    def changed(self, since: datetime | None) -> Look:
        try:
            return super().changed(since)
        except Unavailable as error:
            raise KeyError("items") from error


class SaysItTwice(Wrong):
    """Comments whenever it is asked."""

    def close_duplicate(self, ticket: Ticket, words: str) -> None:
        self.call("POST", f"{ISSUES}/{ticket.number.partition('#')[2]}/comments", {"body": "It is a duplicate."})
        super().close_duplicate(ticket, "It is a duplicate.")


class NestsCopies(Wrong):
    """A child is a copy with a parent."""

    def nest(self, child: TicketRef, parent: str) -> None:
        self.call("POST", ISSUES, {"title": f"{child.id}, below {parent}"})


DENIALS = {
    "a_dead_token_is_denied": TakesNoTokenForNone,
    "who_may_not_write_is_denied": BlamesTheDraft,
    "a_missing_target_is_denied": TakesNoTargetForNone,
    "an_archived_target_is_denied": BlamesTheDraftForTheArchive,
}

WRONG = {
    "connecting_sends_nothing": SaysHello,
    "a_good_check_is_green": IsNeverContent,
    "looking_makes_nothing": PreparesTheGround,
    "a_rehearsal_makes_nothing": RehearsesForReal,
    "traits_make_sense": HurriesAfterErrors,
    "unknown_options_are_refused": TakesAnyOption,
    "no_secret_is_ever_printed": ShowsItsToken,
    "errors_are_one_clear_line": Crashes,
    "a_duplicate_is_closed_once": SaysItTwice,
    "nesting_again_is_harmless": NestsCopies,
}
