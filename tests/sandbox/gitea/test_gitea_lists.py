"""Lists: their order, their pages, and the filters that are dropped in silence."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.gitea.conftest import REPO, Api


def test_order_state_and_kind(api: Api) -> None:
    for _ in range(3):
        api.create()
    api.site.close(2)
    pull = api.site.add_pull()
    assert api.listed() == [4, 3, 1]
    assert api.listed(state="all", type="issues") == [3, 2, 1]
    assert api.listed(state="closed") == [2]
    assert api.listed(state="all", sort="oldest") == [4, 3, 2, 1]
    assert api.listed(state="bogus", type="bogus", milestones="x") == [4, 3, 2, 1]
    shown = api("GET", f"{REPO}/issues/{pull}")
    assert (shown.status, shown.body["pull_request"]["merged"]) == (200, False)


def test_pages(api: Api) -> None:
    for _ in range(61):
        api.create()
    assert len(api.listed()) == 30
    assert len(api.listed(limit=1000)) == 50
    assert api.listed(limit=50, page=2) == list(range(11, 0, -1))
    assert api.listed(limit=50, page=9) == []
    reply = api("GET", f"{REPO}/issues", limit=50, state="all")
    assert reply.headers["X-Total-Count"] == "61"
    assert 'page=2>; rel="next"' in reply.headers["Link"]
    api.site.settings.most = 20
    assert len(api.listed(limit=50)) == 20


def test_labels_must_all_match_and_unknown_ones_are_dropped(api: Api) -> None:
    one, two = api.label("one"), api.label("two")
    api.create(labels=[one])
    api.create(labels=[one, two])
    shared = api.site.add_shared_label("example", "everywhere")
    api.create(labels=[shared])
    assert api.listed(labels="one") == [2, 1]
    assert api.listed(labels="one,two") == [2]
    assert api.listed(labels="one,unknown") == [2, 1]
    for dropped in ("unknown", "ONE", "everywhere", ""):
        assert api.listed(labels=dropped) == [3, 2, 1]


def test_a_label_with_a_twin_shows_nothing(api: Api) -> None:
    for ident in (api.label("tmi"), api.label("tmi")):
        api.create(labels=[ident])
    assert api.listed(labels="tmi") == []


def test_authors(api: Api) -> None:
    api.create()
    api.site.clone(1)
    assert api.listed(created_by="bot") == [1]
    assert api("GET", f"{REPO}/issues", created_by="nobody").status == 404


def test_since_counts_changes_in_whole_seconds(api: Api, pass_time: Callable[[float], None]) -> None:
    api.create()
    api.create()
    pass_time(10)
    api.site.comment(1, "hello")
    assert api.listed(since="2026-05-01T12:00:00Z") == [2, 1]
    assert api.listed(since="2026-05-01T14:00:10.9+02:00") == [1]
    assert api.listed(since="2026-05-01T12:00:11Z") == []
    assert api.listed(before="2026-05-01T12:00:00Z") == [2]
    assert api.listed(since="") == [2, 1]
    for bad in ("2026-05-01", "2026-05-01T12:00:00", "soon"):
        assert api("GET", f"{REPO}/issues", since=bad).status == 422


def test_the_index_of_keywords_is_late_and_forgets(api: Api, pass_time: Callable[[float], None]) -> None:
    api.create("Needle")
    assert api.listed(q="needle") == []
    pass_time(1)
    api.create("Needle", labels=[api.label("needles")])
    api.site.crash()
    pass_time(1)
    assert api.listed(q="NEEDLE") == [1]
    assert api.listed(q="needles") == []
    api.site.comment(2, "hay")
    api.site.comment(1, "hay")
    assert api.listed(q="hay") == [1]


def test_lag_is_to_order(api: Api, pass_time: Callable[[float], None]) -> None:
    api.site.set_lag(5)
    api.create()
    assert api.listed() == []
    assert api("GET", f"{REPO}/issues/1").status == 200
    pass_time(5)
    assert api.listed() == [1]


@pytest.mark.parametrize("settings", [{"has_issues": False}, {"external_tracker": True}])
def test_where_no_issues_are_kept_lists_are_empty(api: Api, settings: dict[str, bool]) -> None:
    api.create()
    api.site.set_repo(**settings)
    assert api.listed(state="all") == []
    assert api("GET", f"{REPO}/issues/1").status == 404


def test_milestones(api: Api) -> None:
    api.site.add_milestone("Release 1")
    api.site.add_milestone("Other")
    assert [row["title"] for row in api("GET", f"{REPO}/milestones", name="release").body] == ["Release 1"]
    assert api("GET", f"{REPO}/milestones", state="closed").body == []
