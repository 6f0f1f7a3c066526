"""What a tenant keeps to itself stays there: a canary in every text of every answer, and none of them anywhere afterwards."""

from __future__ import annotations

import subprocess
import sys

import pytest

from contract_tests.fuzz.mutants import Mutated
from contract_tests.support.canaries import CANARY, canaries
from mock_server.app import App
from mock_server.embedded import serving
from mock_server.state.people import Client

COMMAND = (sys.executable, "-c", "from contract_tests.harness.command import main; main()")

PROFILE = """
[targets.acme]
base-url = "{url}"
kind = "sandbox"
mode = "writes"
disposable = true
versions = ["v2024"]
rate = 100
"""


@pytest.fixture(scope="module")
def app() -> App:
    return App()


@pytest.fixture(scope="module")
def client(app: App) -> Client:
    return next(client for client in app.tenant.state.clients.values() if client.name == "org-admin")


@pytest.fixture(scope="module")
def left(app: App, client: Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Everything that three runs leave behind, by name: files, standard output and standard error."""
    folder = tmp_path_factory.mktemp("run")
    left: dict[str, bytes] = {}
    environment = {
        "PATH": "/usr/bin",
        "HOME": str(folder),
        "XDG_STATE_HOME": str(folder / "state"),
        "SAIL_CLIENT_ID": client.id,
        "SAIL_CLIENT_SECRET": client.secret,
        "TMPDIR": str(folder),
    }
    with serving(Mutated(app, canaries)) as url:  # type: ignore[arg-type]  # an ASGI application like any other
        (folder / "isc-contract.toml").write_text(PROFILE.format(url=url))
        for name in ("fuzz", "lifecycle"):
            command = [
                *COMMAND,
                name,
                "--target",
                "acme",
                "--allow-writes",
                "--report-dir",
                name,
                "--examples",
                "2",
                "--max-requests",
                "160",
            ]
            done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
            left |= {f"{name} stdout": done.stdout, f"{name} stderr": done.stderr}
            assert done.returncode in (0, 1), done.stderr.decode()
    (folder / "isc-contract.toml").unlink()
    left |= {str(place.relative_to(folder)): place.read_bytes() for place in folder.rglob("*") if place.is_file()}
    return left


def test_there_is_something_to_look_at(left: dict[str, bytes]) -> None:
    names = " ".join(left)

    for kind in ("traffic.har", "traffic.ndjson", "junit.xml", "report.html", "run.json", "findings/", "ledger.ndjson"):
        assert kind in names
    assert b"text-" in left["fuzz stdout"]
    assert len(left["fuzz/ledger.ndjson"].splitlines()) == 160


def test_no_canary_is_anywhere(left: dict[str, bytes]) -> None:
    assert [name for name, content in left.items() if CANARY.lower().encode() in content.lower()] == []


def test_no_id_of_the_tenant_is_anywhere(left: dict[str, bytes], app: App) -> None:
    state = app.tenant.state
    ids = [*(one.id for one in state.identities), *(one.id for one in state.work_items), *(one.id for one in state.tasks)]
    everything = b"".join(left.values())

    assert len(ids) > 50
    assert [id_ for id_ in ids if id_.encode() in everything] == []


def test_no_secret_and_no_token_is_anywhere(left: dict[str, bytes], client: Client) -> None:
    everything = b"".join(content for name, content in left.items() if not name.endswith("pseudonyms.key"))

    assert client.secret.encode() not in everything
    assert client.id.encode() not in everything
    assert b'"eyJ' not in everything
    assert b"Bearer eyJ" not in everything.replace(
        b"Bearer eyJhbGciOiJIUzI1NiJ9.eyJhdXRob3JpdGllcyI6WyJPUkdfQURNSU4iXX0", b"the forged one"
    )


def test_the_key_of_the_pseudonyms_is_the_owners_alone(left: dict[str, bytes]) -> None:
    assert len(left["state/isc-contract/pseudonyms.key"]) == 32
