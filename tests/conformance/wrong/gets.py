"""Adapters that are wrong about single tickets."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from tmi_issue_sync.errors import Denied, Unavailable
from tmi_issue_sync.model import Gone, NotMine, Ticket, TicketRef
from tmi_issue_sync.urls import same_url

from .base import Wrong

Got = Ticket | Gone | NotMine
Ref = TicketRef | str


class CallsUnknownIdsGone(Wrong):
    """An id that it can't read is a deleted ticket."""

    def get(self, ref: Ref) -> Got:
        got, here = super().get(ref), urlsplit(self.options.url).netloc
        if isinstance(got, NotMine) and isinstance(ref, TicketRef) and ref.host == here:
            return Gone(got.why)
        return got


class TakesUrlsByTheLetter(Wrong):
    """A ticket's URL with anything behind it leads nowhere."""

    def get(self, ref: Ref) -> Got:
        return Gone("no such ticket") if isinstance(ref, str) and "#" in ref else super().get(ref)


class ReadsThemAsMade(Wrong):
    """Every ticket is open."""

    def get(self, ref: Ref) -> Got:
        got = super().get(ref)
        return replace(got, open=True) if isinstance(got, Ticket) else got


class FollowsNobody(Wrong):
    """What has moved is gone."""

    def get(self, ref: Ref) -> Got:
        got = super().get(ref)
        if isinstance(got, Ticket) and isinstance(ref, str) and not same_url(got.url, ref):
            return Gone("it is at another place")
        return got


class WaitsForTheDeleted(Wrong):
    """A deleted ticket is one that can't be read just now."""

    def get(self, ref: Ref) -> Got:
        got = super().get(ref)
        if isinstance(got, Gone) and "deleted" in got.why:
            raise Unavailable(got.why)
        return got


class ComplainsOfTheHidden(Wrong):
    """Who is told nothing lacks a permission."""

    def get(self, ref: Ref) -> Got:
        got = super().get(ref)
        if isinstance(got, Gone) and "Not Found" in got.why:
            raise Denied(got.why)
        return got


class TakesNoAnswerForGone(Wrong):
    """What can't be read is not there."""

    def get(self, ref: Ref) -> Got:
        try:
            return super().get(ref)
        except Unavailable as error:
            return Gone(error.why)


class ReadsPathsOnly(Wrong):
    """Every host is this one."""

    def get(self, ref: Ref) -> Got:
        here = urlsplit(self.options.url).netloc
        return super().get(ref.replace("elsewhere.example.com", here) if isinstance(ref, str) else ref)


class KnowsTicketsOnly(Wrong):
    """Raises where an URL of this host is something else."""

    def get(self, ref: Ref) -> Got:
        got = super().get(ref)
        if isinstance(got, NotMine) and str(ref).startswith(self.options.url):
            raise Denied(got.why)
        return got


WRONG = {
    "a_ticket_is_read_by_id_and_by_url": CallsUnknownIdsGone,
    "an_url_is_read_as_people_copy_it": TakesUrlsByTheLetter,
    "a_closed_ticket_is_read_as_closed": ReadsThemAsMade,
    "a_moved_ticket_is_followed": FollowsNobody,
    "a_deleted_ticket_is_gone": WaitsForTheDeleted,
    "a_hidden_ticket_is_gone": ComplainsOfTheHidden,
    "a_failed_read_is_no_gone_ticket": TakesNoAnswerForGone,
    "what_is_elsewhere_is_not_mine": ReadsPathsOnly,
    "what_is_no_ticket_is_no_ticket": KnowsTicketsOnly,
}
