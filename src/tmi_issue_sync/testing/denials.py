"""Checks of what an adapter says where it may not, or where there is nothing: an error, never an empty answer."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from tmi_issue_sync.errors import Denied, TrackerError
from tmi_issue_sync.model import Level
from tmi_issue_sync.testing.contract import connect, demand, error_of, one, refused
from tmi_issue_sync.testing.drafts import draft, marker
from tmi_issue_sync.testing.harness import Harness
from tmi_issue_sync.tracker import Tracker


def a_dead_token_is_denied(harness: Harness) -> None:
    """A human must act: everything says so, for a process that runs and for one that starts."""
    known = connect(harness)
    made = known.create(draft(harness))
    known.changed(None)
    harness.revoke()
    for tracker in (known, connect(harness)):
        _complains(tracker, "the credentials are good for nothing")
        words = "a tracker that does not know our credentials shows and makes nothing"
        refused(f"changed(None): {words}", (Denied,), tracker.changed, None)
        refused(f"changed(since): {words}", (Denied,), tracker.changed, harness.now() - timedelta(minutes=1))
        refused(f"find: {words}", (Denied,), tracker.find, marker())
        refused(f"get: {words}", (Denied,), tracker.get, made.url)
        refused(f"create: {words}", (Denied,), tracker.create, draft(harness, "t-2"))
    demand(harness.made() == 1, "with dead credentials nothing is made")


def who_may_not_write_is_denied(harness: Harness) -> None:
    """No permission: surely no ticket, and a human must act on this target."""
    tracker = connect(harness)
    tracker.changed(None)
    harness.forbid()
    words = "an account that may make nothing is denied a create"
    refused(words, (Denied,), tracker.create, draft(harness))
    demand(not harness.made(), words)


def a_missing_target_is_denied(harness: Harness) -> None:
    """Neither an empty list nor a rejected draft: the target is not there, and its tickets may well be."""
    tracker = connect(harness)
    tracker.create(draft(harness))
    harness.lose()
    for each in (tracker, connect(harness)):
        words = "a target that is out of sight"
        refused(f"{words} takes no ticket", (Denied,), each.create, draft(harness, "t-2"))
        error_of(f"changed(None): {words} has no true list", each.changed, None)
        error_of(f"changed(since): {words} has no true list", each.changed, harness.now())
        error_of(f"find: {words} has no true list", each.find, marker())
        _complains(each, f"{words} is an error of the target")


def an_archived_target_is_denied(harness: Harness) -> None:
    """It takes no tickets; those that it has are shown, or nothing is."""
    tracker = connect(harness)
    made = tracker.create(draft(harness))
    harness.archive()
    words = "a target that is archived takes no ticket"
    refused(words, (Denied,), tracker.create, draft(harness, "t-2"))
    demand(harness.made() == 1, words)
    _complains(tracker, words)
    for call in (partial(tracker.changed, None), partial(tracker.find, marker())):
        try:
            look = call()
        except TrackerError:
            continue
        demand(one(look, made), "an archived target shows the tickets that it has, or the look is an error")


def _complains(tracker: Tracker, why: str) -> None:
    """`check` says so: by a finding that is an error, or by raising Denied."""
    try:
        found = list(tracker.check())
    except Denied:
        return
    errors = [finding for finding in found if finding.level is Level.ERROR]
    demand(errors, f"check tells of it: {why}; it found {[finding.what for finding in found]}")


CHECKS = (
    a_dead_token_is_denied,
    who_may_not_write_is_denied,
    a_missing_target_is_denied,
    an_archived_target_is_denied,
)
