"""Adapters that don't keep what they are given."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tmi_issue_sync.errors import Rejected
from tmi_issue_sync.model import Draft, Ticket
from tmi_issue_sync.tracker import Adapter

from .base import ISSUES, Wrong, WrongHarness

TITLE_MAX, BODY_MAX = 256, 65_536


class CountsOneTooMany(Wrong):
    """Less than the limit instead of no more than it."""

    def create(self, draft: Draft) -> Ticket:
        if len(draft.title) >= TITLE_MAX:
            raise Rejected("the title is too long")
        return super().create(draft)


class CutsTitles(Wrong):
    """Makes them fit."""

    def create(self, draft: Draft) -> Ticket:
        return super().create(replace(draft, title=draft.title[:TITLE_MAX]))


class ForgetsTheBlock(Wrong):
    """Refuses a body that would fit."""

    def create(self, draft: Draft) -> Ticket:
        if len(draft.body) + len(draft.marker.block()) == BODY_MAX - 2:
            raise Rejected("the body is too long")
        return super().create(draft)


class CutsTheMarkerOff(Wrong):
    """Makes the whole text fit, from its end."""

    def create(self, draft: Draft) -> Ticket:
        whole = f"{draft.body}\n\n{draft.marker.block()}"
        if len(whole) <= BODY_MAX:
            return super().create(draft)
        row = self.call("POST", ISSUES, {"title": draft.title, "body": whole[: BODY_MAX - 100]})
        made = self.get(row["html_url"])
        assert isinstance(made, Ticket)
        return made


class ObeysTheText(Wrong):
    """A line of the text is a command."""

    def create(self, draft: Draft) -> Ticket:
        made = super().create(draft)
        if draft.body.startswith("/close"):
            self.call("PATCH", f"{ISSUES}/{made.number.partition('#')[2]}", {"state": "closed"})
        return made


class DropsLabels(Wrong):
    """Sets the shared one alone."""

    def create(self, draft: Draft) -> Ticket:
        return super().create(replace(draft, labels=()))


class DropsFields(Wrong):
    """Sends what it knows."""

    def create(self, draft: Draft) -> Ticket:
        return super().create(replace(draft, fields={}))


class TellsEverybody(Wrong):
    """Has not heard of confidential drafts."""

    def create(self, draft: Draft) -> Ticket:
        return super().create(replace(draft, confidential=False))


class OtherHosts(WrongHarness):
    """Traits that name the API's host, not that of the links."""

    def loaded(self) -> Adapter[Any, Any]:
        right = super().loaded()
        return replace(right, traits=lambda options: replace(right.traits(options), hosts=("api.example.com",)))


WRONG = {
    "a_title_of_the_greatest_length_is_kept": CountsOneTooMany,
    "a_longer_title_is_refused": CutsTitles,
    "a_body_of_the_greatest_length_keeps_its_marker": ForgetsTheBlock,
    "a_longer_body_is_refused_or_keeps_its_marker": CutsTheMarkerOff,
    "hostile_text_is_only_text": ObeysTheText,
    "labels_are_kept": DropsLabels,
    "what_can_not_be_kept_is_refused": DropsFields,
    "no_confidential_ticket_is_public": TellsEverybody,
    "a_ticket_is_where_its_traits_say": OtherHosts,
}
