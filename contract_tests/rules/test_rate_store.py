"""A rate that several machines share through Redis: with a real server, where there is one."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract_tests.harness.errors import Ended, Misuse
from contract_tests.harness.governor import Budget, Governor

SERVER = shutil.which("redis-server")

wants_a_server = pytest.mark.skipif(SERVER is None, reason="there is no redis-server here: apt-get install redis-server")


class Waits(Exception):
    """Instead of a wait: the clock of the store cannot be moved. The argument: seconds."""


def wait(seconds: float) -> None:
    raise Waits(seconds)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[str]:
    """The URL of a server of the test's own, which keeps nothing."""
    port = free_port()
    command = [str(SERVER), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert any("Ready to accept connections" in line for line in process.stdout)
        yield f"redis://127.0.0.1:{port}"
        process.terminate()


def governor(store: str, rate: int = 3) -> Governor:
    return Governor(rate, Budget(), store, sleep=wait)


@wants_a_server
def test_two_machines_share_one_rate(store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = governor(store)
    here.take("client", "v2024")
    here.take("client", "v2024")

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another machine"))
    there = governor(store)
    there.take("client", "v2024")

    with pytest.raises(Waits) as waits:
        there.take("client", "v2024")
    assert 9 < waits.value.args[0] < 13
    assert there.highest == 3
    here.close()
    there.close()


@wants_a_server
def test_a_retry_after_holds_the_other_machine_back(store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = governor(store)
    here.hold("client", "v2024", "17")

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another machine"))
    there = governor(store)

    with pytest.raises(Waits) as waits:
        there.take("client", "v2024")
    assert 16 < waits.value.args[0] <= 17
    here.close()
    there.close()


@wants_a_server
def test_versions_and_clients_have_a_rate_each_there_too(store: str) -> None:
    several = [governor(store, 1) for _ in range(2)]

    for client, one in zip(("one", "other"), several, strict=True):
        one.take(client, "v2024")
        one.take(client, "v2025")

    for one in several:
        one.close()


@wants_a_server
def test_the_store_holds_no_client_id(store: str) -> None:
    one = governor(store)
    one.take("a-client-id", "v2024")
    one.close()

    port = int(store.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"KEYS *\r\n")
        told = connection.recv(10_000).decode()

    assert "requests_" in told
    assert "a-client-id" not in told


@pytest.mark.parametrize("url", ["redis://127.0.0.1:{port}", "redis://", "no url at all", "http://127.0.0.1:{port}", ""])
def test_a_store_that_cannot_be_reached_is_told_in_one_line(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one = governor(url.format(port=free_port()) or "redis://nobody:hunter2@127.0.0.1:1")

    with pytest.raises(Misuse) as refused:
        one.take("client", "v2024")

    assert str(refused.value).startswith("rate-store: ")
    assert "\n" not in str(refused.value)
    assert "hunter2" not in str(refused.value)


@wants_a_server
def test_without_its_store_a_run_sends_nothing_more(tmp_path: Path) -> None:
    port = free_port()
    command = [str(SERVER), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert any("Ready to accept connections" in line for line in process.stdout)
        one = governor(f"redis://127.0.0.1:{port}")
        one.take("client", "v2024")
        process.terminate()

    with pytest.raises(Ended, match=r"\Athe rate store is gone: [^\n]*\Z"):
        one.take("client", "v2024")


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)

    with pytest.raises(Misuse) as refused:
        governor("redis://127.0.0.1:1").take("client", "v2024")

    assert str(refused.value) == "rate-store: a redis URL needs one package more: pip install 'isc-mock[redis]'"
