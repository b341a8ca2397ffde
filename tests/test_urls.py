"""Links from any hand: whatever a text is, it gets an answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmi_issue_sync.urls import host_of, is_url, same_url

ODD = (
    "https://[bad",
    "https://[bad/x",
    "http://[::1",
    "//[",
    "https://℀.example.com/",
    "https://h:99999/x",
    "",
    "n/a",
)
TEXTS = (
    st.text()
    | st.sampled_from(ODD)
    | st.text("htps:/[]@#?.%℀\\ ab").map("https://".__add__)
    | st.tuples(st.sampled_from(ODD), st.text()).map("".join)
)


@given(TEXTS, TEXTS)
def test_no_text_is_too_odd(one: str, other: str) -> None:
    assert same_url(one, one)
    assert same_url(one, other) is same_url(other, one)
    assert host_of(one) == host_of(one).lower()
    assert not is_url(one) or host_of(one)


@pytest.mark.parametrize("odd", ["https://[bad", "https://℀.example.com/1"])
def test_what_is_no_url_is_the_same_as_itself_alone(odd: str) -> None:
    assert not is_url(odd)
    assert host_of(odd) == ""
    assert same_url(odd, f" {odd} ")
    assert not same_url(odd, f"{odd}/")
    assert not same_url(odd, "https://tracker.example.com/browse/SEC-1")
    assert not same_url(odd, "")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://Tracker.example.com/browse/SEC-1", "http://tracker.example.com/browse/SEC-1/?x=1#y", True),
        ("https://tracker.example.com/browse/SEC-1", "https://tracker.example.com/browse/sec-1", False),
        ("https://tracker.example.com:8443/1", "https://tracker.example.com/1", False),
    ],
)
def test_what_is_the_same(one: str, other: str, same: bool) -> None:
    assert same_url(one, other) is same
