"""The status page: every state and its reason, filter, search, pages; hostile text stays text."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from tmi_issue_sync.errors import TmiError, Unavailable
from tmi_issue_sync.plan import Kind
from tmi_issue_sync.state import Passed, State
from tmi_issue_sync.sync import Scope
from tmi_issue_sync.web.states import GROUPS, Group
from tmi_issue_sync.web.states import State as Standing

from .conftest import Open, Parsed, rows_of, text_of
from .fill import Seed, every_state, linked, model_of, passed, threat, threat_id, ticket

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% for x in y %}",
    "</title><style>*{display:none}</style>",
    "&lt;b&gt; &amp;",
    "' autofocus onfocus='alert(1)",
]


def test_every_state_is_shown_with_its_reason(opened: Open) -> None:
    seeds = every_state()
    room = opened(seeds)
    room.room.told(passed(seeds))
    page = room.page()
    assert [state for _, state in rows_of(page)] == [state.value for state in Standing], "the urgent ones first"
    text = text_of(page)
    for words in (
        "7 threats need attention",
        "the tracker refuses the title: it is too long (422)",
        "TMI refuses the stored description",
        "its model is confidential, and no tracker keeps tickets so",
        "https://github.example.com/example/threats/issues/90",
        "left alone until it was quiet for 60 s",
        "when its text, route or options change",
    ):
        assert words in text
    for group, states in GROUPS.items():
        assert f"{len(states)} {group.value}" in text
        assert len(rows_of(room.page(f"/?state={group.value}"))) == len(states)


def test_an_empty_room_says_so(opened: Open) -> None:
    room = opened()
    assert "The first pass has not ended yet" in text_of(room.page())
    room.room.told(passed([]))
    text = text_of(room.page())
    assert "All is well" in text
    assert "TMI shows none to the account that reads" in text


def test_filter_and_search(opened: Open) -> None:
    seeds = [linked(n) for n in range(1, 8)]
    seeds += [Seed(threat(9, "Ünïcode name"), None, (), Kind.SKIP, "mitigated")]
    other = replace(threat(10, "In another model"), model=model_of(1000))
    seeds += [Seed(other, None, (), Kind.SKIP, "mitigated")]
    room = opened(seeds)
    room.room.told(passed(seeds))
    assert len(rows_of(room.page())) == 9
    assert [name for name, _ in rows_of(room.page("/?q=ÜNÏCODE"))] == ["Ünïcode name"]
    assert [name for name, _ in rows_of(room.page(f"/?q={threat_id(3)}"))] == [seeds[2].threat.name]
    assert [name for name, _ in rows_of(room.page("/?q=example/threats%235"))] == [seeds[4].threat.name]
    assert [name for name, _ in rows_of(room.page(f"/?model={other.model.id}"))] == ["In another model"]
    assert len(rows_of(room.page("/?tracker=work"))) == 7
    assert len(rows_of(room.page("/?state=no+ticket+wanted"))) == 2
    nothing = room.page("/?q=nowhere&state=linked")
    assert "No threat fits" in text_of(nothing)
    assert 'value="nowhere"' in nothing
    assert '<option value="linked" selected>' in nothing


@pytest.mark.parametrize("query", ["page=0", "page=-1", "page=x", "page=99999999999", "page=²", "state=x&model=y"])
def test_a_question_that_makes_no_sense(opened: Open, query: str) -> None:
    room = opened([linked(1)])
    assert room.client.get(f"/?{query}").status_code == 200


def test_pages_keep_the_question(opened: Open) -> None:
    seeds = [linked(n) for n in range(1, 121)]
    room = opened(seeds)
    room.room.told(passed(seeds))
    seen: list[str] = []
    path = "/?q=somebody&state=synced"
    for number in (1, 2, 3):
        page = room.page(path)
        seen += [name for name, _ in rows_of(page)]
        assert f"Page {number} of 3" in text_of(page)
        found = re.search(r'<a rel="next" href="([^"]+)#threats">', page)
        assert (found is None) == (number == 3)
        path = found[1].replace("&amp;", "&") if found else path
    assert len(seen) == len(set(seen)) == 120
    assert "Page 3 of 3" in text_of(room.page("/?page=77"))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_stays_text(opened: Open, name: str) -> None:
    bad = replace(threat(1, name), model=replace(model_of(1), name=name))
    seeds = [
        Seed(bad, {"parked": name, "link": "blank", "link_url": ""}, (ticket(1, 1, author=name),), Kind.PARKED)
    ]
    room = opened(seeds)
    room.room.told(passed(seeds, notes=[name], alerts=[TmiError(name)]))
    question = urlencode({"q": name, "state": name, "model": name, "tracker": name})
    for path in ("/", f"/?q={quote(name)}", f"/?{question}", f"/threats/{threat_id(1)}"):
        parsed = Parsed(room.page(path))
        assert name in " ".join(parsed.words)
        assert not parsed.tags & {"script", "img", "style", "iframe", "object", "svg", "b"}
        assert not [each for each in parsed.attributes if each.startswith("on") or each == "style"]


def test_direction_and_control_characters_are_gone(opened: Open) -> None:
    room = opened([Seed(threat(1, "a\u202eb\u200bc\x1b[31md\ne"), {"link": "blank", "link_url": ""}, ())])
    assert rows_of(room.page())[0][0] == "abc[31md e"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "JaVaScript:x", "vbscript:x"])
def test_only_web_links_are_links(opened: Open, url: str) -> None:
    room = opened([Seed(threat(1), {"link": "adopted", "link_url": url}, ())])
    for page in (room.page(), room.page(f"/threats/{threat_id(1)}")):
        assert f'href="{url}"' not in page
        assert url in text_of(page)


def test_a_threats_whole_story(opened: Open) -> None:
    room = opened(every_state())
    text = text_of(room.page(f"/threats/{threat_id(9)}"))
    for words in ("duplicate", "example/threats#9 ", "example/threats#90", "threat-bot", "Next close one by hand"):
        assert words in text
    assert "Nothing was written anywhere" in text
    assert room.client.get("/threats/unknown").status_code == 404


def test_troubles_come_first(opened: Open) -> None:
    room = opened([linked(1)])
    room.room.told(passed([linked(1)], alerts=[Unavailable("github: rate limit. Later")]))
    room.service.shown = State(datetime.now(UTC), closed={"tmi": "TMI can't be reached (not before 12:00:00Z)"})
    text = text_of(room.page())
    assert text.index("TMI can't be reached (not before 12:00:00Z)") < text.index("needs attention")
    assert "github: rate limit" in text
    assert "Something needs you" in text


def test_a_pass_that_failed_is_told(opened: Open) -> None:
    room = opened([linked(1)])
    now = datetime.now(UTC)
    room.room.told(Passed(now - timedelta(seconds=3), now, Scope(), None, TmiError("TMI is down")))
    text = text_of(room.page())
    assert "The last pass failed: TMI is down" in text
    assert rows_of(room.page())[0][1] == "linked", "what the ledger knows is shown all the same"


def test_a_woken_pass_speaks_for_its_model_alone(opened: Open) -> None:
    here, there = Seed(threat(1), None, (), Kind.SKIP, "here"), Seed(threat(500), None, (), Kind.SKIP, "there")
    room = opened()
    room.room.told(passed([here, there]))
    again = replace(here, reason="again")
    room.room.told(passed([again], Scope(models=frozenset({here.threat.model.id}), woken=True)))
    text = text_of(room.page())
    assert "again" in text
    assert "there" in text
    room.room.told(passed([], Scope(models=frozenset({here.threat.model.id}), woken=True)))
    assert [name for name, _ in rows_of(room.page())] == [there.threat.name]
    room.room.told(passed([here]))
    assert [name for name, _ in rows_of(room.page())] == [here.threat.name], "a whole one speaks for all"


def test_a_broken_ledger_is_said(opened: Open) -> None:
    room = opened([linked(1)])
    room.places.ledger.write_bytes(b"no database at all" * 100)
    answer = room.client.get("/")
    assert answer.status_code == 503
    assert "is no ledger" in text_of(answer.text)


def test_ten_thousand_threats(opened: Open) -> None:
    """One board for many requests: after the first only small questions are asked of the ledger."""
    seeds = every_state() + [linked(n) for n in range(100, 10_000)]
    room = opened(seeds)
    room.room.told(passed(seeds))
    reading: Any = room.room._reading
    assert "of 9,918" in text_of(room.page())
    for path in (
        "/?page=100",
        "/?q=audit",
        "/?state=linked&page=7",
        "/metrics",
        "/readyz",
        f"/threats/{threat_id(7)}",
    ):
        room.page(path)
    assert reading.boards == 1
    assert len(room.page("/?state=linked")) < 60_000
    statements: list[str] = []
    reading._ledger._store._db.set_trace_callback(statements.append)
    room.page("/?q=backup")
    assert len(statements) <= 6, statements
    assert not any("FROM threats" in each for each in statements)


def test_groups_hold_every_state_once() -> None:
    assert sorted(state for states in GROUPS.values() for state in states) == sorted(Standing)
    assert list(GROUPS) == list(Group)
