"""Queries at the sandbox's Azure DevOps: what it speaks, what it refuses, and what it does not know yet."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.azure.api import Api, said
from tmi_issue_sync.sandbox.azure import AzureSite


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("[System.Tags] CONTAINS 'TMI'", [1, 3]),
        ("[System.Tags] CONTAINS 'tm'", []),
        ("[System.CreatedBy] = @Me", [1, 2]),
        ("[System.CreatedBy] = 'alice'", [3]),
        ("([System.Tags] CONTAINS 'tmi' OR [System.CreatedBy] = @me) AND [System.Id] > 1", [2, 3]),
        ("[System.Tags] CONTAINS 'tmi' OR [System.CreatedBy] = @Me AND [System.Id] > 1", [1, 2, 3]),
        ("[System.TeamProject] = @project", [1, 2, 3]),
        ("[System.Title] = 'it''s'", [2]),
        ("[State] <> 'To Do'", []),
        ("[System.CreatedDate] >= '2026-05-01T12:01:00Z'", [3]),
        ("[System.CreatedDate] < '2026-05-01T14:01:00+02:00'", [1, 2]),
    ],
)
def test_what_is_found(
    api: Api, site: AzureSite, pass_time: Callable[[float], None], where: str, found: list[int]
) -> None:
    api.create("a", System_Tags="tmi; x")
    api.create("it's", System_Tags="tmi-like")
    pass_time(60)
    Api(site, site.add_user("alice")).create("c", System_Tags="tmi")
    assert api.find(where) == found


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("[System.Nothing] = 1", "TF51005"),
        ("[System.Id] CONTAINS '1'", "operator cannot be used"),
        ("[System.Description] = 'x'", "operator cannot be used"),
        ("[System.Id] = 'x'", "Expecting integer"),
        ("[System.CreatedDate] > 'yesterday'", "Expecting DateTime"),
        ("[System.Title] = 1", "Expecting string"),
        ("[System.Id] = 1 AND", "Expecting field name"),
        ("([System.Id] = 1", "closing parenthesis"),
        ("[System.Id] = 1 [System.Id] = 1", "end of string"),
        ("[System.Id] = 1 ; DROP", "Expecting a value"),
    ],
)
def test_what_is_refused(api: Api, where: str, words: str) -> None:
    assert words in said(api.ask(where))


def test_queries_that_are_none(api: Api) -> None:
    for body in ({"query": "DELETE"}, {"query": 1}, [1]):
        assert said(api.reply("POST", "_apis/wit/wiql", body, "application/json")).startswith("400")
    assert said(api.reply("POST", "_apis/wit/wiql", {"query": "x"}, "text/plain")).startswith("415")
    assert "TF51011" in said(api.ask("[System.TeamProject] = @project", inside=False))


def test_without_time_precision_a_time_is_refused(api: Api) -> None:
    api.create()
    words = "You cannot supply a time"
    assert words in said(api.ask("[System.ChangedDate] >= '2026-05-01T12:00:00Z'", timePrecision=None))
    assert api.find("[System.ChangedDate] >= '2026-05-01'", timePrecision=None) == [1]


def test_too_many_are_refused_and_a_page_is_not(api: Api, site: AzureSite) -> None:
    site.settings.most = 5
    for _ in range(7):
        api.create()
    assert "VS402337" in said(api.ask("[System.Id] > 0"))
    assert "VS402337" in said(api.ask("[System.Id] > 0", **{"$top": 5}))
    assert api.find("[System.Id] > 0", **{"$top": 4}) == [1, 2, 3, 4]
    assert api.find("[System.Id] > 4", **{"$top": 4}) == [5, 6, 7]
    assert said(api.ask("[System.Id] > 0", **{"$top": 0})).startswith("400")


def test_the_index_lags_and_what_is_gone_is_gone(
    api: Api, site: AzureSite, pass_time: Callable[[float], None]
) -> None:
    site.settings.lag = 30
    number = api.create("old")
    assert api.find("[System.Id] > 0") == []
    pass_time(31)
    site.edit(number, title="new")
    assert api.find("[System.Title] = 'old'") == [number]
    site.delete(number)
    assert api.find("[System.Id] > 0") == []


def test_batches(api: Api, site: AzureSite) -> None:
    for _ in range(3):
        api.create("x")
    site.delete(2)
    assert [row["fields"] for row in api.batch(3, 1).body["value"]] == [{"System.Title": "x"}] * 2
    assert "404 WorkItemUnauthorizedAccessException TF401232" in said(api.batch(1, 2))
    assert [row and row["id"] for row in api.batch(1, 2, 9, errorPolicy="omit").body["value"]] == [1, None, None]
    assert "VS403474" in said(api.batch(*range(1, 202)))
    assert "TF51535" in said(api.batch(1, fields=["Custom.No"]))
    assert said(api.batch()).startswith("400")
