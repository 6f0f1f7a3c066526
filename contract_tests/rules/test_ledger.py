"""The ledger: what is sent stands there before it is sent, in a line that is whole whenever somebody reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.harness import ledger
from contract_tests.harness.errors import Misuse, NoAnswer, Refused
from contract_tests.harness.gate import Gate
from contract_tests.harness.governor import Budget, Governor
from contract_tests.harness.guard import Guard
from contract_tests.harness.ledger import Ledger
from contract_tests.harness.message import ORIGIN, Answer, Request
from contract_tests.harness.redaction import STUB_KEY, Redaction
from contract_tests.harness.run import KEPT, Options, opened
from contract_tests.harness.target import Credentials, Target, loopback
from mock_server.contract import VERSIONS

ID = "0123456789abcdef0123456789abcdef"

SANDBOX = Target("acme", "https://acme.example", "sandbox", "read-only", VERSIONS, {"main": Credentials("the id", "the secret")})

GRANTED = Answer(200, (), b'{"access_token": "eyJ.x.y", "expires_in": 749}')


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "ledger.ndjson"


@pytest.fixture
def gate(place: Path) -> Iterator[Gate]:
    with Ledger(place, 7) as written:
        yield Gate(SANDBOX, Guard(SANDBOX, allow_writes=False), Governor(None, Budget()), written, Redaction(STUB_KEY))


@given(
    entries=st.lists(
        st.tuples(st.text(max_size=8), st.text(max_size=30), st.none() | st.integers(100, 599), st.floats(0, 10**6)), max_size=8
    ),
    order=st.randoms(use_true_random=False),
)
def test_every_line_can_be_read_at_any_moment_whatever_ends_first(
    tmp_path_factory: pytest.TempPathFactory, entries: list[tuple[str, str, int | None, float]], order: object
) -> None:
    place = tmp_path_factory.mktemp("ledger") / "ledger.ndjson"
    with Ledger(place, 1) as written:
        begun = [(written.begin(method, "v2024", None, path), status, seconds) for method, path, status, seconds in entries]
        assert [(line["method"], line["path"], line["status"]) for line in ledger.read(place)] == [(m, p, None) for m, p, _, _ in entries]
        order.shuffle(begun)  # type: ignore[attr-defined]  # a Random
        for line, status, seconds in begun:
            written.end(line, status, seconds)
            assert len(ledger.read(place)) == len(entries)

    assert [(line["path"], line["status"]) for line in ledger.read(place)] == [(path, status) for _, path, status, _ in entries]
    assert written.count == len(entries)


def test_a_line_says_when_what_and_how_it_went(place: Path) -> None:
    with Ledger(place, 17) as written:
        written.end(written.begin("GET", "v2025", "listWorkItems", "/v2025/work-items"), 200, 0.01234)

    (line,) = ledger.read(place)
    assert str(line.pop("time")).endswith("+00:00")
    assert line == {
        "seed": 17,
        "method": "GET",
        "version": "v2025",
        "operation": "listWorkItems",
        "path": "/v2025/work-items",
        "status": 200,
        "ms": 12.3,
    }


def test_a_path_with_line_breaks_stays_in_its_line(place: Path) -> None:
    with Ledger(place, 1) as written:
        written.begin("GET", "v2025", None, "/a\nb\u2028c\ud800")

    assert len(place.read_bytes().splitlines()) == 1


def test_a_request_is_on_disk_before_it_is_sent(place: Path, gate: Gate) -> None:
    at_the_wire: list[list[dict[str, object]]] = []

    def wire(request: Request) -> Answer:
        at_the_wire.append([json.loads(line) for line in place.read_text().splitlines()])
        return GRANTED

    gate.carry(Request("GET", f"{ORIGIN}/v2025/work-items?limit=1", (("Authorization", "Bearer isc-contract-main"),)), wire)

    login, read = at_the_wire
    assert [(line["operation"], line["status"]) for line in login] == [("createToken", None)]
    assert [(line["operation"], line["status"]) for line in read] == [("createToken", 200), ("listWorkItems", None)]


def test_the_login_leaves_no_secret_in_the_ledger(place: Path, gate: Gate) -> None:
    gate.carry(Request("GET", f"{ORIGIN}/v2025/work-items", (("Authorization", "Bearer isc-contract-main"),)), lambda _sent: GRANTED)

    text = place.read_text()
    assert "/oauth/token" in text
    assert [secret for secret in ("the id", "the secret", "eyJ", "acme.example") if secret in text] == []


def test_a_login_that_is_told_to_wait_is_sent_again_and_each_try_has_a_line(place: Path, gate: Gate) -> None:
    answers = [Answer(429, (("Retry-After", "0"),)), GRANTED, Answer(429, (("Retry-After", "0"),)), Answer(200)]
    sent = Request("GET", f"{ORIGIN}/v2025/work-items", (("Authorization", "Bearer isc-contract-main"),))

    answer = gate.carry(sent, lambda _sent: answers.pop(0))

    lines = [(line["operation"], line["status"]) for line in ledger.read(place)]
    assert answer.status == 200
    assert lines == [("createToken", 429), ("createToken", 200), ("listWorkItems", 429), ("listWorkItems", 200)]
    assert gate.governor.sent == 4


def test_ids_stand_there_as_pseudonyms(place: Path, gate: Gate) -> None:
    gate.carry(Request("GET", f"{ORIGIN}/v2025/work-items/{ID}?ownerId={ID}"), lambda _sent: Answer(404))

    (line,) = ledger.read(place)
    assert ID not in place.read_text()
    assert str(line["path"]).startswith("/v2025/work-items/id-")


def test_what_was_held_back_is_not_in_the_ledger(place: Path, gate: Gate) -> None:
    with pytest.raises(Refused):
        gate.carry(Request("DELETE", f"{ORIGIN}/v2025/work-items/{ID}"), lambda _sent: Answer(200))

    assert place.read_text() == ""
    assert gate.refused == 1


def test_a_request_without_an_answer_keeps_its_line(place: Path, gate: Gate) -> None:
    def breaks(_sent: Request) -> Answer:
        raise NoAnswer("the connection broke", connected=True)

    with pytest.raises(NoAnswer):
        gate.carry(Request("GET", f"{ORIGIN}/v2025/work-items"), breaks)

    (line,) = ledger.read(place)
    assert (line["status"], line["ms"]) == (None, None)


def test_the_ledgers_of_the_last_runs_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    target = loopback("http://127.0.0.1:1", {"main": Credentials("x", "y")})

    for _ in range(KEPT + 3):
        with opened("fuzz", target, Options(versions=("v2025",))) as run:
            pass

    kept = sorted((tmp_path / "isc-contract" / "ledgers").iterdir())
    assert len(kept) == KEPT
    assert str(kept[-1]) == run.summary.ledger


def test_a_report_folder_has_the_ledger_of_its_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    target = loopback("http://127.0.0.1:1", {"main": Credentials("x", "y")})

    with opened("fuzz", target, Options(report_dir=tmp_path / "reports")) as run:
        pass

    assert run.summary.ledger == str(tmp_path / "reports" / "ledger.ndjson")


def test_a_run_that_may_not_be_writes_no_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    with pytest.raises(Misuse), opened("fuzz", SANDBOX, Options(redaction=False)):
        pass

    assert list(tmp_path.iterdir()) == []
