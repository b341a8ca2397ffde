"""Checks of what becomes of a draft: kept as it is, or refused; never changed in silence."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from tmi_issue_sync.errors import Denied, Rejected, TrackerError
from tmi_issue_sync.model import Ticket
from tmi_issue_sync.testing.contract import connect, demand, known, refused, untouched
from tmi_issue_sync.testing.drafts import draft, marker
from tmi_issue_sync.testing.harness import Harness
from tmi_issue_sync.tracker import Tracker

HOSTILE = (
    "/close\n/confidential\n/label ~bug\n\nfixes #1, closes #1\n\n@all @everyone @bot [~bot] ~bug %1\n\n"
    "{code} {noformat} {color:red} {{ x }} {% raw %} h1. x\n!http://elsewhere.example.com/x.png!\n\n"
    "</div></td><script>alert(1)</script> <!-- \n\n[x](javascript:alert(1)) \u202e \x00\x1b[31m \U0001f600\r\n"
    "tmi-issue-sync v1 x\n`tmi-issue-sync v1\n```\n~~~\n<details>\n\n<!-- end"
)
"""What a threat's text may hold: commands, closing keywords, mentions and markup of several trackers at once."""
LIMITS = "Rejected before anything is sent, or kept"


def a_title_of_the_greatest_length_is_kept(harness: Harness) -> None:
    """`title_max` is a promise: the core cuts titles to exactly that."""
    title = "A title " + "x" * (harness.traits().title_max - 8)
    made = connect(harness).create(draft(harness, title=title))
    kept = harness.kept(made).title
    demand(kept == title, f"a title of title_max ({len(title)}) is kept whole; the server has {len(kept)}")


def a_longer_title_is_refused(harness: Harness) -> None:
    """One character more is refused before it is sent, or kept."""
    title = "A title " + "x" * (harness.traits().title_max - 7)
    made = _longer(harness, f"a title longer than title_max is {LIMITS}", title=title)
    so = made is None or harness.kept(made).title == title
    demand(so, "a title that is too long is not cut in silence")


def a_body_of_the_greatest_length_keeps_its_marker(harness: Harness) -> None:
    """`body_max` counts the marker's block: the core cuts bodies to what is left beside it."""
    room = harness.traits().body_max - len(f"\n\n{marker().block()}")
    tracker = connect(harness)
    made = tracker.create(draft(harness, body=_words(room)))
    shown = known(tracker.get(made.url), "a ticket with a body of body_max is read")
    demand(shown.marker == marker(), f"a body of body_max ({room} and the block) keeps its marker: {shown.marker}")


def a_longer_body_is_refused_or_keeps_its_marker(harness: Harness) -> None:
    """One character more is refused before it is sent, or shortened before the marker."""
    room = harness.traits().body_max - len(f"\n\n{marker().block()}")
    words = f"a body longer than body_max is {LIMITS} with its marker"
    made = _longer(harness, words, body=_words(room + 1))
    if made is not None:
        shown = known(connect(harness).get(made.url), words)
        demand(shown.marker == marker(), f"{words}; the server has {shown.marker}")


def hostile_text_is_only_text(harness: Harness) -> None:
    """No threat's text makes a ticket's state, labels, marker or title anything else than they were meant."""
    tracker = connect(harness)
    plain = harness.kept(tracker.create(draft(harness)))
    titles = ("/close", "<b>{code}\u202e & 'x' @all #1")
    for number, title in enumerate(titles):
        threat = f"hostile-{number}"
        made = tracker.create(draft(harness, threat, title=title, body=HOSTILE))
        shown = known(tracker.get(made.url), "a ticket with a hostile text is read")
        kept = harness.kept(made)
        demand(shown.marker == marker(threat), f"a hostile text leaves the marker as it is; it is {shown.marker}")
        demand(kept.open and shown.open, "a hostile text closes no ticket")
        demand(kept.labels == plain.labels, f"a hostile text sets no labels: {kept.labels ^ plain.labels}")
        demand(kept.confidential == plain.confidential, "a hostile text does not change who sees the ticket")
        demand(kept.title == title, f"a hostile title is kept as text: {title!r}; the server has {kept.title!r}")
    first = known(tracker.find(marker()).tickets[0], "the first ticket is still found")
    demand(first.open and harness.kept(first) == plain, "a hostile text changes no other ticket")


def labels_are_kept(harness: Harness) -> None:
    """Labels arrive, or the draft is refused; the tracker's own rules for their form apply."""
    try:
        made = connect(harness).create(draft(harness, labels=("security", "tmi-severity-high")))
    except (Rejected, Denied):
        return
    kept = {label.casefold() for label in harness.kept(made).labels}
    missing = {"security", "tmi-severity-high"} - kept
    demand(not missing, f"labels are kept, or the draft is refused; the server has no {sorted(missing)}")


def what_can_not_be_kept_is_refused(harness: Harness) -> None:
    """Nothing of a draft is dropped in silence: an unknown field, an unknown priority, another target, no title."""
    tracker = connect(harness)
    tracker.changed(None)
    cases: dict[str, dict[str, Any]] = {
        "a field that no ticket has": {"fields": {"no such field": "x"}},
        "a priority that does not exist": {"priority": "no such priority"},
        "a target of another adapter": {"target": object()},
        "an empty title": {"title": " "},
    }
    for what, changes in cases.items():
        words = f"{what} can't be kept: the draft is refused, and nothing is made"
        refused(words, (Rejected, Denied), tracker.create, draft(harness, **changes))
    demand(not harness.made(), f"what can't be kept is refused; {harness.made()} tickets were made")


def no_confidential_ticket_is_public(harness: Harness) -> None:
    """Where single tickets can't be kept from others, a public target takes no confidential draft."""
    tracker = connect(harness)
    if harness.traits().confidential:
        try:
            made = tracker.create(draft(harness, confidential=True))
        except (Denied, Rejected):
            made = None
        kept = made is None or harness.kept(made).confidential
        demand(kept, "traits say that single tickets can be confidential: this one is made so, or refused")
        return
    harness.publish()
    words = "anybody can read this target, so it takes no confidential ticket"
    with untouched(harness, words):
        refused(words, (Denied, Rejected), tracker.create, draft(harness, confidential=True))
    public = any(finding.public for finding in tracker.check())
    demand(public, "check says of a target that anybody can read it (Finding.public)")


def a_ticket_is_where_its_traits_say(harness: Harness) -> None:
    """Links are known as ours by their host; the ledger knows tickets by adapter, host and id."""
    adapter, (options, target) = harness.loaded(), harness.set_up()
    key, hosts = adapter.key(options, target), adapter.traits(options).hosts
    made = connect(harness).create(draft(harness))
    at = urlsplit(made.url).netloc.lower()
    demand(at in hosts, f"traits name the hosts of our links: {at} is not in {hosts}")
    demand(made.ref.adapter == key.adapter == harness.adapter, f"this is {harness.adapter}: {made.ref}, {key}")
    demand(made.project == key.project, f"a ticket's project is written as in its tracker's key: {made}, {key}")
    demand(made.ref.host == key.host, f"a ticket's host is that of its tracker's key: {made.ref}, {key}")
    demand(made.ref.id and made.number and made.project, f"a ticket has an id, a number and a project: {made}")


def _longer(harness: Harness, words: str, **changes: Any) -> Ticket | None:
    """The ticket that came of a draft that is too long; None where it was refused before it was sent."""
    tracker: Tracker = connect(harness)
    tracker.changed(None)
    try:
        return tracker.create(draft(harness, **changes))
    except TrackerError as error:
        demand(isinstance(error, Rejected), f"{words}; it is {type(error).__name__}: {error}")
        demand(not harness.creates(), f"{words}; {harness.creates()} creates were sent")
    return None


def _words(count: int) -> str:
    return ("It is bad. " * (count // 11 + 1))[: count - 1] + "."


CHECKS = (
    a_title_of_the_greatest_length_is_kept,
    a_longer_title_is_refused,
    a_body_of_the_greatest_length_keeps_its_marker,
    a_longer_body_is_refused_or_keeps_its_marker,
    hostile_text_is_only_text,
    labels_are_kept,
    what_can_not_be_kept_is_refused,
    no_confidential_ticket_is_public,
    a_ticket_is_where_its_traits_say,
)
