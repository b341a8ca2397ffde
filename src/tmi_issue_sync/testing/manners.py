"""Checks of manners: nothing is sent too early, made by looking, or told that is secret."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from pydantic import ValidationError

from tmi_issue_sync.model import Finding, Level
from tmi_issue_sync.testing.contract import connect, demand, error_of, known, printed, untouched
from tmi_issue_sync.testing.drafts import draft, marker
from tmi_issue_sync.testing.harness import Harness, Lacking, Trouble
from tmi_issue_sync.tracker import Closer, Nester, Rehearser, Tracker


def connecting_sends_nothing(harness: Harness) -> None:
    """`plan` and `config` open every adapter: that costs no call and needs no network."""
    before = harness.requests()
    connect(harness)
    harness.traits()
    demand(harness.requests() == before, f"connect sends nothing; {harness.requests() - before} requests arrived")


def a_good_check_is_green(harness: Harness) -> None:
    """Where everything is as it should be no finding is an error, and the credentials' owner is named."""
    found = list(connect(harness).check())
    errors = [finding.what for finding in found if finding.level is Level.ERROR]
    demand(found, "check says what it looked at")
    demand(not errors, f"all is well, so check finds no error; it found {errors}")


def looking_makes_nothing(harness: Harness) -> None:
    """`check` and every read leave the tracker as it was."""
    tracker = connect(harness)
    made = tracker.create(draft(harness))
    calls: dict[str, Callable[[], object]] = {
        "check": partial(_drained, tracker),
        "changed(None)": partial(tracker.changed, None),
        "changed(since)": partial(tracker.changed, harness.now()),
        "find": partial(tracker.find, marker()),
        "get": partial(tracker.get, made.url),
    }
    for name, call in calls.items():
        with untouched(harness, f"{name} makes and changes nothing"):
            call()


def a_rehearsal_makes_nothing(harness: Harness) -> None:
    """An adapter that can say beforehand what would be refused does it without a ticket."""
    tracker = connect(harness)
    if not isinstance(tracker, Rehearser):
        raise Lacking("this adapter does not rehearse")
    with untouched(harness, "rehearse makes and changes nothing"):
        list(tracker.rehearse(draft(harness)))


def traits_make_sense(harness: Harness) -> None:
    """The core counts on them: a horizon that is too short proves what is not so."""
    traits = harness.traits()
    demand(traits.wait > 0, f"a create takes time: wait is {traits.wait}")
    demand(traits.late >= 0 and traits.lag >= 0, f"late and lag are no less than 0: {traits}")
    demand(traits.lag_after_errors >= traits.lag, f"after errors lists are no faster: {traits}")
    demand(traits.title_max >= 20 and traits.body_max >= 1000, f"a ticket needs room: {traits}")
    demand(
        traits.hosts and all(host == host.lower() for host in traits.hosts), f"hosts in lower case: {traits.hosts}"
    )


def unknown_options_are_refused(harness: Harness) -> None:
    """A misspelt option is a mistake, not a default (`extra="forbid"`), and no option changes later (frozen)."""
    adapter = harness.loaded()
    for name, model, given in (
        ("options", adapter.options, harness.options()),
        ("target", adapter.target, harness.target()),
    ):
        error = _refusal(model, given | {"no_such_option": 1})
        if error is None:
            raise AssertionError(f'the {name} refuse what they do not know: extra="forbid"')
        _silent(harness, printed(error), f"the error of {name} that were mistyped")
        demand(model.model_config.get("frozen"), f"the {name} are frozen")


def no_secret_is_ever_printed(harness: Harness) -> None:
    """Options, trackers and errors go into logs; what is secret in them does not."""
    tracker, (options, target) = connect(harness), harness.set_up()
    tracker.changed(None)
    inner = harness.loaded().connect(options, (target,))
    for name, thing in {"options": options, "target": target, "the tracker": inner, "the guard": tracker}.items():
        _silent(harness, f"{thing!r} {thing}", f"repr and str of {name}")
    for trouble in (Trouble.ERROR_AFTER, Trouble.DROP_AFTER, Trouble.HTML, Trouble.REFUSED):
        harness.fault(trouble, everywhere=True)
        for call in (partial(tracker.create, draft(harness)), partial(tracker.changed, None)):
            error = error_of(f"nothing can be told where {trouble.words}", call)
            _silent(harness, printed(error), f"an error where {trouble.words}")
        harness.calm()
    harness.revoke()
    error = error_of("a dead token makes nothing", tracker.create, draft(harness))
    _silent(harness, printed(error), "the error of a dead token")
    told = " ".join(f"{finding.what} {finding.todo}" for finding in tracker.check())
    _silent(harness, told, "the findings of check")


def errors_are_one_clear_line(harness: Harness) -> None:
    """What a user reads of an error is one line that is not empty."""
    tracker = connect(harness)
    for trouble in (Trouble.ERROR_AFTER, Trouble.DROP_AFTER, Trouble.HTML, Trouble.REFUSED):
        harness.fault(trouble, everywhere=True)
        error = error_of(f"nothing can be seen where {trouble.words}", tracker.changed, None)
        harness.calm()
        line = str(error)
        demand(line and "\n" not in line and len(line) < 1000, f"an error is one line for people; it is {line!r}")
        crash = "failed without a verdict" not in line
        demand(crash, f"a failure that is to be expected has a class, it does not crash: {line}")


def a_duplicate_is_closed_once(harness: Harness) -> None:
    """Closing again is harmless: one comment, and still closed; the other ticket is left alone."""
    tracker = connect(harness)
    if not isinstance(tracker, Closer):
        raise Lacking("this adapter closes nothing")
    keeper, loser = tracker.create(draft(harness)), tracker.create(draft(harness))
    before = harness.kept(keeper)
    for _ in range(2):
        tracker.close_duplicate(loser, f"Duplicate of {keeper.url}")
    kept = harness.kept(loser)
    demand(not kept.open, "close_duplicate closes the ticket")
    demand(
        kept.comments == 1,
        f"close_duplicate says why once, however often it is called; it said it {kept.comments} x",
    )
    demand(harness.kept(keeper) == before, "the ticket that is kept is left as it is")
    known(tracker.get(loser.url), "a closed duplicate is still there")
    demand(harness.made() == 2, "closing makes no ticket")


def nesting_again_is_harmless(harness: Harness) -> None:
    """Put below its parent twice, a ticket is there once, and both tickets are what they were."""
    tracker = connect(harness)
    if not isinstance(tracker, Nester):
        raise Lacking("this adapter needs no request of its own for a parent")
    parent, child = tracker.create(draft(harness)), tracker.create(draft(harness, "t-2"))
    before = harness.kept(parent), harness.kept(child)
    tracker.nest(child.ref, parent.url)
    changes = harness.changes()
    tracker.nest(child.ref, parent.url)
    demand(harness.changes() == changes, "nest changes nothing where the child is there already")
    demand((harness.kept(parent), harness.kept(child)) == before, "nest leaves both tickets as they are")
    demand(harness.made() == 2, f"nest makes no ticket; there are {harness.made()} instead of 2")


def _drained(tracker: Tracker) -> list[Finding]:
    return list(tracker.check())


def _refusal(model: Any, given: dict[str, Any]) -> ValidationError | None:
    try:
        model.model_validate(given)
    except ValidationError as error:
        return error
    return None


def _silent(harness: Harness, text: str, what: str) -> None:
    leaked = [secret[:2] + "..." for secret in harness.secrets() if secret and secret in text]
    demand(not leaked, f"no secret is ever printed; {what} tells the one that begins with {leaked}")


CHECKS = (
    connecting_sends_nothing,
    a_good_check_is_green,
    looking_makes_nothing,
    a_rehearsal_makes_nothing,
    traits_make_sense,
    unknown_options_are_refused,
    no_secret_is_ever_printed,
    errors_are_one_clear_line,
    a_duplicate_is_closed_once,
    nesting_again_is_harmless,
)
