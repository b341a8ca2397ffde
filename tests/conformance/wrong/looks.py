"""Adapters that are wrong about looking."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tmi_issue_sync.errors import TrackerError, Unavailable
from tmi_issue_sync.model import Look, Marker
from tmi_issue_sync_adapters.github import listing
from tmi_issue_sync_adapters.github.listing import Listed, Listing
from tmi_issue_sync_adapters.wire.reply import http_date

from .base import ISSUES, Wrong, only


class ShowsAllForNone(Wrong):
    """A filter that finds nothing is dropped in silence, and more than one page of it is shown."""

    def find(self, marker: Marker) -> Look:
        look, everything = super().find(marker), super().changed(None)
        return look if look.tickets or len(everything.tickets) < 2 else everything


class CallsThemOtherwise(Wrong):
    """Numbers in lists are not those of a create."""

    def changed(self, since: datetime | None) -> Look:
        look = super().changed(since)
        return only(look, *(replace(one, number=f"No. {one.number}") for one in look.tickets))


class RemembersThatThereWasNone(Wrong):
    """What was not found once is never looked for again."""

    none: Look | None = None

    def find(self, marker: Marker) -> Look:
        look = self.none or super().find(marker)
        self.none = None if look.tickets else look
        return look


class DatesTheLastAnswer(Wrong):
    """`as_of` is when it was ready."""

    def changed(self, since: datetime | None) -> Look:
        return self.dated(super().changed(since))

    def find(self, marker: Marker) -> Look:
        return self.dated(super().find(marker))

    def dated(self, look: Look) -> Look:
        line = self.line()
        try:
            line.request("GET", "/")
            reply = line.getresponse()
            reply.read()
            return replace(look, as_of=http_date(reply.headers["Date"]))
        finally:
            line.close()


class ReadsOnePageOfChanges(Wrong):
    """Nobody makes more than a page between two passes."""

    def changed(self, since: datetime | None) -> Look:
        look = super().changed(since)
        return look if since is None else only(look, *look.tickets[: listing.PER_PAGE])


class ReadsPagesOnce(Listing):
    """Believes that offsets stand still."""

    def read(self, line: Any) -> Listed:
        return self._once(line)[0]


class TakesWhatItGot(Listing):
    """A list that breaks off is better than none."""

    def read(self, line: Any) -> Listed:
        first, _ = self._once(line)
        try:
            again, _ = self._once(line)
        except TrackerError:
            return first
        return Listed(first.as_of, {**first.tickets, **again.tickets})

    def _pages(self, line: Any) -> Iterator[Any]:
        got = False
        try:
            for page in Listing._pages(self, line):
                yield page
                got = True
        except TrackerError:
            if not got:
                raise


class TakesNoAnswerForNone(Wrong):
    """A search that fails has found nothing."""

    def find(self, marker: Marker) -> Look:
        try:
            return super().find(marker)
        except Unavailable:
            return Look(datetime.now(UTC), (), "bot")


class ListsOpenOnesOnly(Wrong):
    """The default of most trackers."""

    def changed(self, since: datetime | None) -> Look:
        look = super().changed(since)
        return look if since is not None else only(look, *(one for one in look.tickets if one.open))


class AsksForNewOnes(Wrong):
    """Filters by creation, not by change."""

    def changed(self, since: datetime | None) -> Look:
        look = super().changed(since)
        return only(look, *(one for one in look.tickets if since is None or one.created_at >= since))


class TrustsItsOwnClockWhenBehind(Wrong):
    """The earlier of the two clocks is right."""

    def changed(self, since: datetime | None) -> Look:
        look = super().changed(since)
        return replace(look, as_of=min(look.as_of, datetime.now(UTC))) if look.as_of else look


class TrustsItsOwnClockWhenAhead(Wrong):
    """The later of the two clocks is right."""

    def changed(self, since: datetime | None) -> Look:
        look = super().changed(since)
        return replace(look, as_of=max(look.as_of, datetime.now(UTC))) if look.as_of else look


class ShowsOneOfEach(Wrong):
    """One ticket for each threat and author."""

    def find(self, marker: Marker) -> Look:
        look = super().find(marker)
        return only(look, *{one.author: one for one in look.tickets}.values())


class ShowsItsOwnOnly(Wrong):
    """What others made is not ours."""

    def find(self, marker: Marker) -> Look:
        look = super().find(marker)
        return only(look, *(one for one in look.tickets if one.author == look.account))


class BelievesEveryHit(Wrong):
    """A search for the word is enough."""

    def find(self, marker: Marker) -> Look:
        look = super().changed(None)
        rows = self.call("GET", f"{ISSUES}?state=all&per_page=100")
        hits = {row["html_url"] for row in rows if marker.word in row["body"]}
        return only(look, *(one for one in look.tickets if one.url in hits))


WRONG = {
    "a_ticket_is_found_by_its_marker": ShowsAllForNone,
    "a_new_ticket_is_in_the_next_list": CallsThemOtherwise,
    "a_lagging_list_says_nothing_false": RemembersThatThereWasNone,
    "as_of_is_the_date_of_the_first_page": DatesTheLastAnswer,
    "many_tickets_are_all_listed": ReadsOnePageOfChanges,
    "a_ticket_that_goes_while_pages_are_read_hides_none": ReadsPagesOnce,
    "a_list_that_breaks_off_is_no_list": TakesWhatItGot,
    "an_answer_that_makes_no_sense_is_no_look": TakesNoAnswerForNone,
    "a_closed_ticket_counts": ListsOpenOnesOnly,
    "an_old_ticket_that_changed_is_listed": AsksForNewOnes,
    "a_server_clock_ahead_loses_nothing": TrustsItsOwnClockWhenBehind,
    "a_server_clock_behind_loses_nothing": TrustsItsOwnClockWhenAhead,
    "two_tickets_of_one_threat_are_both_shown": ShowsOneOfEach,
    "a_clone_shows_who_made_it": ShowsItsOwnOnly,
    "a_quoted_marker_is_no_hit": BelievesEveryHit,
}
