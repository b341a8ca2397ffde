"""Complete lists from a server that is slow, busy, wrong or not TMI at all."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
import structlog
from structlog.testing import capture_logs

from tmi_issue_sync.errors import ConfigError, TmiDenied, TmiError
from tmi_issue_sync.model import ModelRead, ThreatModel
from tmi_issue_sync.tmi import caller, reads, wire
from tmi_issue_sync.tmi.client import TmiClient
from tmi_issue_sync.tmi.options import TmiOptions

from .conftest import FakeClock, Memory, World

URL = "https://tmi.example.com"
SECRET = "s3cr3t-token-value"
STAMP = "2026-11-23T20:30:20.606504Z"
DATE = {"Date": "Mon, 23 Nov 2026 20:31:00 GMT"}


@pytest.fixture
def mock() -> Iterator[respx.MockRouter]:
    with respx.mock(base_url=URL, assert_all_called=False) as router:
        yield router


@pytest.fixture
def client(clock: FakeClock, tmp_path: Path) -> Iterator[TmiClient]:
    with make(clock, tmp_path) as made:
        yield made


def make(clock: FakeClock, state: Path, **options: Any) -> TmiClient:
    options = {"url": URL, "write": {"token": SECRET}, **options}
    return TmiClient(
        TmiOptions.model_validate(options), clock=clock, memory=Memory(), state_dir=state, user_agent="tests"
    )


def model(n: int) -> dict[str, Any]:
    return {"id": f"m{n}", "name": f"Model {n}", "threat_count": 1, "created_at": STAMP, "modified_at": STAMP}


def threat(n: int) -> dict[str, Any]:
    return {"id": f"t{n}", "name": f"T{n}", "created_at": STAMP, "modified_at": STAMP}


def pages(*answers: tuple[list[dict[str, Any]], int]) -> list[httpx.Response]:
    return [httpx.Response(200, json={"threat_models": rows, "total": total}) for rows, total in answers]


def models(*numbers: range) -> list[dict[str, Any]]:
    return [model(n) for part in numbers for n in part]


@pytest.mark.parametrize(
    ("answers", "count"),
    [
        (pages(([], 0)), 0),
        (pages((models(range(3)), 3)), 3),
        (pages((models(range(100)), 100)), 100),  # full, and total says that it was the last
        (pages((models(range(100)), 130), (models(range(100, 130)), 130)), 130),
        (pages((models(range(100)), 0), (models(range(100, 130)), 0)), 130),  # a failed count
        (pages((models(range(100)), 0), ([], 0)), 100),
        (pages((models(range(100)), 50), (models(range(100, 101)), 50)), 101),  # total makes no sense
        (pages((models(range(50)), 80), (models(range(50, 80)), 80)), 80),  # pages shorter than asked for
        (pages((models(range(100)), 130), (models(range(99, 129)), 130)), 129),  # shifted: a duplicate
    ],
)
def test_pages(client: TmiClient, mock: respx.MockRouter, answers: list[httpx.Response], count: int) -> None:
    route = mock.get("/threat_models").mock(side_effect=answers)
    assert len({model.id for model in client.threat_models()}) == count
    assert route.call_count == len(answers)


def test_a_list_that_changes_meanwhile_is_read_again(client: TmiClient, mock: respx.MockRouter) -> None:
    walk = pages((models(range(100)), 130), (models(range(98, 128)), 128))
    again = pages((models(range(100)), 128), (models(range(100, 128)), 128))
    mock.get("/threat_models").mock(side_effect=walk + again)
    assert len(client.threat_models()) == 128


def test_a_list_that_never_stands_still_is_taken_as_it_is(client: TmiClient, mock: respx.MockRouter) -> None:
    walk = pages((models(range(100)), 130), (models(range(100, 130)), 131), (models(range(130, 131)), 131))
    mock.get("/threat_models").mock(side_effect=[*walk[:2], *walk[:2], *walk])
    assert len(client.threat_models()) == 131


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"threat_models": None, "total": 0}, "without a list"),
        ({"threat_models": {}, "total": 0}, "without a list"),
        ({}, "without a list"),
        ([], "no object"),
        ({"threat_models": [5], "total": 1}, "no object"),
        ({"threat_models": [{"name": "Pay"}], "total": 1}, "usable id .'Pay'"),
        ({"threat_models": [], "total": 7}, "says 7 and shows 0"),
    ],
)
def test_a_list_that_proves_nothing(client: TmiClient, mock: respx.MockRouter, body: Any, why: str) -> None:
    mock.get("/threat_models").respond(json=body)
    with pytest.raises(TmiError, match=why):
        client.threat_models()


@pytest.mark.parametrize("total", [0, 10_000_000])
def test_a_list_that_repeats_itself_ends(client: TmiClient, mock: respx.MockRouter, total: int) -> None:
    route = mock.get("/threat_models").respond(json={"threat_models": models(range(100)), "total": total})
    with pytest.raises(TmiError, match="repeats itself"):
        client.threat_models()
    assert route.call_count == 2


def test_a_list_without_an_end_ends(
    client: TmiClient, mock: respx.MockRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reads, "MAX_PAGES", 5)

    def endless(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params["offset"])
        return httpx.Response(200, json={"threat_models": models(range(start, start + 100)), "total": 0})

    mock.get("/threat_models").mock(side_effect=endless)
    with pytest.raises(TmiError, match="no end"):
        client.threat_models()


def test_threats_are_read_past_the_cache_in_order_with_failures_as_values(
    client: TmiClient, mock: respx.MockRouter
) -> None:
    wanted = [ThreatModel(f"m{n}", f"Model {n}") for n in range(30)]

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.params["sort"] == "created_at:asc"
        assert request.url.params["limit"] == "100"
        n = int(request.url.path.split("/")[2][1:])
        if n == 3:
            return httpx.Response(404, json={"error_description": "Threat model not found"})
        rows = [{"id": "t"}] if n == 7 else [threat(n)]
        return httpx.Response(200, json={"threats": rows, "total": 1}, headers=DATE)

    mock.get(path__regex="/threat_models/m[0-9]+/threats").mock(side_effect=answer)
    found = list(client.read(wanted))
    assert [read.model if isinstance(read, ModelRead) else read[0] for read in found] == wanted
    failed = {read[0].id: str(read[1]) for read in found if isinstance(read, tuple)}
    assert set(failed) == {"m3", "m7"}
    assert "created_at" in failed["m7"]
    good = found[0]
    assert isinstance(good, ModelRead)
    assert good.as_of.isoformat() == "2026-11-23T20:31:00+00:00"


def test_reading_stays_a_little_ahead_only_and_can_be_left(client: TmiClient, mock: respx.MockRouter) -> None:
    mock.get(path__regex="/threat_models/.*").respond(json={"threats": [], "total": 0}, headers=DATE)
    taken: list[int] = []

    def source() -> Iterator[ThreatModel]:
        for n in range(100):
            taken.append(n)
            yield ThreatModel(f"m{n}", "M")

    walk = client.read(source())  # type: ignore[arg-type]
    next(walk)
    assert len(taken) == 2 * client.options.workers + 1
    walk.close()  # type: ignore[attr-defined]
    assert [thread for thread in threading.enumerate() if thread.name.startswith("tmi_")] == []


def test_no_date_is_no_clock(client: TmiClient, mock: respx.MockRouter) -> None:
    mock.get("/threat_models/m1/threats").respond(json={"threats": [], "total": 0})
    ((_, error),) = client.read([ThreatModel("m1", "M")])  # type: ignore[misc]
    assert "Date" in str(error)


@pytest.mark.parametrize(("value", "expected"), [(True, True), (False, False)])
def test_confidential(client: TmiClient, mock: respx.MockRouter, value: bool, expected: bool) -> None:
    mock.get("/threat_models/m1").respond(json={"id": "m1", "is_confidential": value})
    assert client.is_confidential(ThreatModel("m1", "M")) is expected


@pytest.mark.parametrize("body", [{}, {"is_confidential": None}, {"is_confidential": "no"}])
def test_confidential_unknown_is_an_error(client: TmiClient, mock: respx.MockRouter, body: Any) -> None:
    mock.get("/threat_models/m1").respond(json=body)
    with pytest.raises(TmiError, match="does not say"):
        client.is_confidential(ThreatModel("m1", "M"))


OK = httpx.Response(200, json={"email": "a@example.com", "display_name": "A"})


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.Response(500),
        httpx.Response(502, html="<h1>Bad gateway</h1>"),
        httpx.Response(503, json={"error": "service_unavailable"}),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("Server disconnected"),
    ],
)
def test_passing_trouble_is_waited_out(
    client: TmiClient, mock: respx.MockRouter, clock: FakeClock, trouble: Any
) -> None:
    route = mock.get("/me").mock(side_effect=[trouble, trouble, OK])
    assert client.me().name == "A"
    assert route.call_count == 3
    assert 0 <= sum(clock.slept) < 60


def test_a_tls_refusal_stays_one(world: World, clock: FakeClock, tmp_path: Path) -> None:
    world.start()
    with (
        make(clock, tmp_path, url=world.url.replace("http:", "https:")) as client,
        pytest.raises(TmiError) as caught,
    ):
        client.me()
    assert "ca_bundle" in str(caught.value)
    assert clock.slept == []


def test_a_storm_ends(client: TmiClient, mock: respx.MockRouter, clock: FakeClock) -> None:
    route = mock.get("/me").respond(500)
    with pytest.raises(TmiError, match="status 500"):
        client.me()
    assert route.call_count == 4
    assert clock.at <= 60


@pytest.mark.parametrize(
    ("fault", "asked"),
    [
        ({"kind": "drop-before"}, 8),
        ({"kind": "status-before", "status": 503, "retry_after": 20}, 8),
        ({"kind": "status-before", "status": 503, "retry_after": 40}, 1),  # the others are not even sent
        ({"kind": "status-before", "status": 500}, 20),  # it may be about that model alone
    ],
)
def test_a_tmi_that_hangs_in_the_middle_is_not_asked_about_every_model(
    world: World, fault: dict[str, Any], asked: int
) -> None:
    world.start()
    for n in range(20):
        world.threat_model({}, name=f"M{n}")
    client = world.client(write={"token": world.site.add_user("alice")}, workers=1)
    listed = client.threat_models()
    world.fault(**fault, path="/threats", times=-1)
    found = [read for read in client.read(listed) if isinstance(read, tuple)]
    assert [model for model, _ in found] == listed
    assert len(set(world.asked(path="/threats"))) == asked
    after = [error for _, error in found[8:] if "did not answer for 8 models in a row: " in error.why]
    assert len(after) == (0 if asked == 20 else 20 - 8)


def test_a_model_that_is_read_renews_the_patience(world: World) -> None:
    world.start()
    for n in range(20):
        world.threat_model({}, name=f"M{n}")
    client = world.client(write={"token": world.site.add_user("alice")}, workers=1)
    listed = client.threat_models()
    for n, each in enumerate(listed):
        if n % 8 != 7:
            world.fault("drop-before", path=f"{each.id}/threats", times=-1)
    read = [each.model.id for each in client.read(listed) if isinstance(each, ModelRead)]
    assert read == [listed[7].id, listed[15].id]
    assert len(set(world.asked(path="/threats"))) == 20


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_obeyed(client: TmiClient, mock: respx.MockRouter, clock: FakeClock, status: int) -> None:
    mock.get("/me").mock(side_effect=[httpx.Response(status, headers={"Retry-After": "20"}), OK])
    client.me()
    assert 20 <= clock.at <= 22


def test_retry_after_as_a_date(client: TmiClient, mock: respx.MockRouter, clock: FakeClock) -> None:
    headers = {"Retry-After": "Mon, 23 Nov 2026 20:31:10 GMT", **DATE}
    mock.get("/me").mock(side_effect=[httpx.Response(429, headers=headers), OK])
    client.me()
    assert 10 <= clock.at <= 12


def test_a_long_retry_after_fails_at_once_and_holds_everybody(
    client: TmiClient, mock: respx.MockRouter, clock: FakeClock
) -> None:
    route = mock.get("/me").respond(429, headers={"Retry-After": "3600"})
    for _ in range(3):
        with pytest.raises(TmiError):
            client.me()
    assert route.call_count == 1
    assert clock.slept == []


@pytest.mark.parametrize("text", ["soon", "-5", "", "²", "Mon, 99 Nov"])
def test_an_odd_retry_after_is_none(client: TmiClient, mock: respx.MockRouter, text: str) -> None:
    headers = [(b"Retry-After", text.encode())]
    mock.get("/me").mock(side_effect=[httpx.Response(429, headers=headers), OK])
    assert client.me().name == "A"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (httpx.Response(200, html="<title>Sign in</title>"), "instead of JSON"),
        (httpx.Response(200, content=b"[" * 100_000), "instead of JSON"),
        (httpx.Response(308, headers={"Location": "https://u:p@other.example.com/me?secret=1"}), "redirected"),
        (httpx.Response(302, headers={"Location": "https://[bad"}), "redirected to another path"),
        (httpx.Response(403, json={"error_description": "no role"}), "denies"),
        (httpx.Response(404, json={"error": "not_found"}), "has no /me"),
        (httpx.Response(418), "refuses"),
    ],
)
def test_answers_that_end_a_read(
    client: TmiClient, mock: respx.MockRouter, answer: httpx.Response, why: str
) -> None:
    route = mock.get("/me").mock(return_value=answer)
    with pytest.raises(TmiError, match=why) as caught:
        client.me()
    assert route.call_count == 1
    assert "secret" not in str(caught.value)
    assert "u:p" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_answer_without_an_end_is_cut(
    client: TmiClient, mock: respx.MockRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "MAX_BYTES", 1000)
    mock.get("/me").respond(200, content=b" " * 1001)
    with pytest.raises(TmiError, match="larger than"):
        client.me()


def test_an_answer_that_drips_is_cut(client: TmiClient, mock: respx.MockRouter, clock: FakeClock) -> None:
    class Drip(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                clock.advance(50)
                yield b" "

    mock.get("/me").mock(side_effect=lambda _: httpx.Response(200, stream=Drip()))
    with pytest.raises(TmiError, match="not complete"):
        client.me()


def test_a_refused_static_token_says_what_to_do(client: TmiClient, mock: respx.MockRouter) -> None:
    mock.get("/me").respond(401)
    with pytest.raises(TmiDenied, match="fresh token") as caught:
        client.me()
    assert SECRET not in str(caught.value)


def test_every_request_has_an_id_of_its_own(client: TmiClient, mock: respx.MockRouter) -> None:
    route = mock.get("/me").mock(return_value=OK)
    client.me()
    client.me()
    ids = {call.request.headers["X-Request-ID"] for call in route.calls}
    assert len(ids) == 2
    assert route.calls.last.request.headers["Authorization"] == f"Bearer {SECRET}"


def test_the_log_shows_no_secret(client: TmiClient, mock: respx.MockRouter) -> None:
    mock.get("/me").mock(return_value=OK)
    quiet = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(0))
    with capture_logs() as shown:
        client.me()
    structlog.configure(wrapper_class=quiet)
    assert [line["event"] for line in shown] == ["tmi.request"]
    assert SECRET not in str(shown)


def test_info_is_asked_once_and_something_else_is_no_tmi(client: TmiClient, mock: respx.MockRouter) -> None:
    route = mock.get("/").mock(
        side_effect=[
            httpx.Response(200, json={"hello": 1}),
            httpx.Response(200, json={"api": {"version": "2.2.0"}}),
        ]
    )
    with pytest.raises(TmiError, match="no TMI"):
        client.info()
    assert client.info().version == client.info().version == "2.2.0"
    assert route.call_count == 2


def test_a_token_with_a_line_break_is_refused_without_showing_it(clock: FakeClock, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        make(clock, tmp_path, write={"token": "abc\ndef"})
    assert "abc" not in str(caught.value)


CREDENTIALS = {"client_id": "tmi_cc_x", "client_secret": SECRET}
GRANT = {"access_token": "a1", "refresh_token": "", "expires_in": 3600, "token_type": "bearer"}


def test_a_service_account_keeps_its_token(clock: FakeClock, tmp_path: Path, mock: respx.MockRouter) -> None:
    mock.get("/me").mock(return_value=OK)
    route = mock.post("/oauth2/token").respond(json=GRANT)
    with make(clock, tmp_path, read=CREDENTIALS) as client:
        client.me()
        clock.advance(3500)
        client.me()
        assert route.call_count == 1
        clock.advance(60)
        client.me()
        assert route.call_count == 2


@pytest.mark.parametrize(("asks_for", "calls"), [(20, 2), (45, 1), (3600, 1)])
def test_a_busy_token_endpoint(
    clock: FakeClock, tmp_path: Path, mock: respx.MockRouter, asks_for: int, calls: int
) -> None:
    mock.get("/me").mock(return_value=OK)
    busy = httpx.Response(503, headers={"Retry-After": str(asks_for)})
    route = mock.post("/oauth2/token").mock(side_effect=[busy, httpx.Response(200, json=GRANT)])
    with make(clock, tmp_path, read=CREDENTIALS) as client:
        if calls == 2:
            client.me()
            assert 20 <= clock.at <= 22
        else:
            with pytest.raises(TmiError, match="no token"):
                client.me()
            assert clock.slept == []
    assert route.call_count == calls


@pytest.mark.parametrize(
    ("answer", "hold"),
    [
        (httpx.Response(401, json={"error": "invalid_client"}), 300),
        (httpx.Response(429, json={"error": "too_many_requests"}, headers={"Retry-After": "1000"}), 1000),
    ],
)
def test_a_refused_credential_is_not_hammered(
    clock: FakeClock, tmp_path: Path, mock: respx.MockRouter, answer: httpx.Response, hold: float
) -> None:
    route = mock.post("/oauth2/token").mock(return_value=answer)
    with make(clock, tmp_path, read=CREDENTIALS) as client:
        for _ in range(5):
            with pytest.raises(TmiError) as caught:
                client.me()
            assert SECRET not in str(caught.value)
        assert route.call_count == 1
        clock.advance(hold + 1)
        with pytest.raises(TmiError):
            client.me()
        assert route.call_count == 2


def test_a_token_that_is_refused_at_once_is_not_renewed_for_every_model(
    clock: FakeClock, tmp_path: Path, mock: respx.MockRouter
) -> None:
    mock.get("/me").respond(401)
    route = mock.post("/oauth2/token").respond(json=GRANT)
    with make(clock, tmp_path, read=CREDENTIALS) as client:
        for _ in range(5):
            with pytest.raises(TmiDenied, match="even a fresh token"):
                client.me()
        assert route.call_count == 2
        clock.advance(caller.SHUT_FOR + 1)
        with pytest.raises(TmiDenied):
            client.me()
        assert route.call_count == 3


def test_reader_and_writer_are_two(world: World) -> None:
    world.start().threat_model({})
    client_id, secret = world.site.add_client_credential("alice")
    options = {"client_id": client_id, "client_secret": secret}
    client = world.client(read=options, write={"token": world.site.add_user("bob")})
    assert client.me().email == "alice@tmi.local"
    assert client.writer
    assert reads.me(client.writer).email == "bob@tmi.local"


def test_deleted_threats_and_caches(world: World) -> None:
    world.start().threat_model({}, {}, {})
    client = world.client()
    (read,) = client.read(client.threat_models())
    assert isinstance(read, ModelRead)
    world.site.delete_threat(read.threats[1].id)
    (after,) = client.read(client.threat_models())
    assert isinstance(after, ModelRead)
    assert [threat.name for threat in after.threats] == ["T0", "T2"]
