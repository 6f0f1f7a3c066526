"""Where a run may go: profiles with one line for each mistake, addresses judged by their text alone, and secrets that are never shown."""

from __future__ import annotations

import socket
import tomllib
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contract_tests.harness.errors import Misuse
from contract_tests.harness.options import chosen_target
from contract_tests.harness.target import (
    DEFAULT_RATE,
    FILE,
    ROLES,
    SANDBOX_REQUESTS,
    Credentials,
    Target,
    is_loopback,
    loopback,
    resolve,
)
from mock_server.contract import VERSIONS

ACME = "https://acme.api.identitynow-demo.com"
NEAR = "http://127.0.0.1:8080"

ENVIRONMENT = {"SAIL_CLIENT_ID": "the id", "SAIL_CLIENT_SECRET": "the secret"}

CLIENTS = ', clients = { plain = { client-id-env = "PLAIN_ID", client-secret-env = "PLAIN_SECRET" } }'

SANDBOX = f'base-url = "{ACME}"\nkind = "sandbox"\n'


@pytest.fixture(autouse=True)
def nothing_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*asked: object, **_more: object) -> None:
        raise AssertionError(f"a name was looked up: {asked}")

    for name in ("getaddrinfo", "gethostbyname", "create_connection"):
        monkeypatch.setattr(socket, name, refuse)


def profiled(folder: Path, text: str, *, under: str = "[targets.acme]\n") -> Path:
    place = folder / FILE
    place.write_text(under + text, encoding="utf-8")
    return place


def resolved(folder: Path, wanted: str | None = "acme", environment: Mapping[str, str] = ENVIRONMENT, config: Path | None = None) -> Target:
    return resolve(wanted, config, environment, folder)


def refusal(folder: Path, wanted: str | None = "acme", environment: Mapping[str, str] = ENVIRONMENT, config: Path | None = None) -> str:
    with pytest.raises(Misuse) as refused:
        resolved(folder, wanted, environment, config)
    return str(refused.value)


# Profiles


def test_a_sandbox_is_read_slowly_and_not_for_ever_unless_its_profile_says_otherwise(tmp_path: Path) -> None:
    profiled(tmp_path, SANDBOX)

    target = resolved(tmp_path)

    assert target == Target(
        name="acme",
        base_url=ACME,
        kind="sandbox",
        mode="read-only",
        versions=VERSIONS,
        credentials={"main": Credentials("the id", "the secret")},
        rate=DEFAULT_RATE,
        max_requests=SANDBOX_REQUESTS,
    )


def test_a_profile_says_all_that_a_target_is(tmp_path: Path) -> None:
    profiled(
        tmp_path,
        SANDBOX + 'mode = "writes"\nversions = ["v2026", "v3"]\nrate = 100\nrate-store = "redis://store"\nmax-requests = 7\n'
        'disposable = true\nwritable-ids = ["one", "two"]\nclient-id-env = "MY_ID"\nclient-secret-env = "MY_SECRET"\n'
        '[targets.acme.clients.plain]\nclient-id-env = "PLAIN_ID"\nclient-secret-env = "PLAIN_SECRET"\n'
        '[targets.acme.clients.reader]\nclient-id-env = "READER_ID"\nclient-secret-env = "READER_SECRET"\n',
    )
    environment = {f"{who}_{what}": f"{who} {what}" for who in ("MY", "PLAIN", "READER") for what in ("ID", "SECRET")}

    target = resolved(tmp_path, environment=environment)

    assert target == Target(
        name="acme",
        base_url=ACME,
        kind="sandbox",
        mode="writes",
        versions=("v2026", "v3"),
        credentials={
            "main": Credentials("MY ID", "MY SECRET"),
            "plain": Credentials("PLAIN ID", "PLAIN SECRET"),
            "reader": Credentials("READER ID", "READER SECRET"),
        },
        rate=100,
        rate_store="redis://store",
        max_requests=7,
        disposable=True,
        writable_ids=frozenset({"one", "two"}),
    )
    assert tuple(target.credentials) == ROLES


def test_profiles_are_looked_for_here_and_in_the_folders_above(tmp_path: Path) -> None:
    profiled(tmp_path, SANDBOX)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)

    assert resolved(below).base_url == ACME


def test_the_nearest_file_is_the_one_that_counts(tmp_path: Path) -> None:
    profiled(tmp_path, SANDBOX)
    below = tmp_path / "a"
    below.mkdir()
    profiled(below, SANDBOX.replace("acme", "nearer"))

    assert resolved(below).base_url == ACME.replace("acme", "nearer")


def test_config_names_another_file(tmp_path: Path) -> None:
    profiled(tmp_path, SANDBOX)
    other = tmp_path / "other.toml"
    other.write_text("[targets.acme]\n" + SANDBOX.replace("acme", "other"))

    assert resolved(tmp_path, config=other).base_url == ACME.replace("acme", "other")


def test_a_profile_names_its_own_address_whatever_the_environment_says(tmp_path: Path) -> None:
    place = profiled(tmp_path, 'kind = "sandbox"\n')

    told = refusal(tmp_path, environment={**ENVIRONMENT, "SAIL_BASE_URL": ACME})

    assert told.startswith(f"{place}: [targets.acme]: base-url is missing")


def test_without_a_name_the_environment_names_the_target(tmp_path: Path) -> None:
    profiled(tmp_path, SANDBOX)

    assert resolved(tmp_path, None, {**ENVIRONMENT, "SAIL_BASE_URL": ACME}).name == "acme"


MISTAKES = {
    "a secret": ('client-secret = "hunter2"', "client-secret is not known here", "secrets belong into the environment"),
    "an id": ('client-id = "hunter2"', "client-id is not known here", "secrets belong into the environment"),
    "an unknown key": ("colour = 1", "colour is not known here", "base-url, kind, mode"),
    "a rate that is text": ('rate = "90"', "rate must be a number", ""),
    "a rate that is true": ("rate = true", "rate must be a number", ""),
    "a rate of 0": ("rate = 0", "rate is from 1 to 100", ""),
    "a rate above the vendor's": ("rate = 101", "rate is from 1 to 100", ""),
    "no requests at all": ("max-requests = 0", "max-requests", ""),
    "less than no requests": ("max-requests = -1", "max-requests", ""),
    "versions that are text": ('versions = "v2024"', "versions must be a list", ""),
    "no versions": ("versions = []", "versions are some of", "v2024"),
    "an unknown version": ('versions = ["v2024", "v1999"]', "versions are some of", "v2024"),
    "a version that is a number": ("versions = [2024]", "versions are some of", "v2024"),
    "a version in a list": ('versions = [["v2024"]]', "versions are some of", "v2024"),
    "ids that are no texts": ("writable-ids = [[1], {}]", "writable-ids", ""),
    "disposable as text": ('disposable = "yes"', "disposable must be a boolean", ""),
    "another mode": ('mode = "write"', "mode is 'read-only' or 'writes'", ""),
    "clients that are text": ('clients = "plain"', "clients must be a table", ""),
    "a client that is text": ('clients = { plain = "x" }', "clients.plain: clients are plain and reader, each a table", ""),
    "an unknown client": ("clients = { admin = {} }", "clients.admin: clients are plain and reader", ""),
    "a client without a secret": ('clients = { plain = { client-id-env = "X" } }', "clients.plain: names client-id-env", "both"),
    "a client with its secret": ('clients = { plain = { client-secret = "hunter2" } }', "clients.plain: client-secret", "environment"),
    "a client that is not set": (CLIENTS[2:], "clients.plain: PLAIN_ID and PLAIN_SECRET must be set", ""),
    "no secret": ('client-secret-env = "NOT_THERE"', "NOT_THERE must be set", ""),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_in_one_line_with_its_file_table_key_and_mend(tmp_path: Path, mistake: str) -> None:
    text, says, mend = MISTAKES[mistake]
    place = profiled(tmp_path, f"{SANDBOX}{text}\n")

    told = refusal(tmp_path)

    assert told.startswith(f"{place}: [targets.acme]: ")
    assert says in told
    assert mend in told
    assert "\n" not in told
    assert "hunter2" not in told


ADDRESSES = {
    "no kind": ('base-url = "https://x"', "kind is 'stub' or 'sandbox'"),
    "another kind": ('base-url = "https://x"\nkind = "production"', "kind is 'stub' or 'sandbox'"),
    "no address": ('kind = "sandbox"', "base-url"),
    "an empty address": ('kind = "sandbox"\nbase-url = ""', "base-url"),
    "an address without a scheme": ('kind = "sandbox"\nbase-url = "acme.example"', "base-url"),
    "an address of a file": ('kind = "sandbox"\nbase-url = "file:///etc/passwd"', "base-url"),
    "a bad bracket": ('kind = "sandbox"\nbase-url = "https://[::1"', "base-url"),
    "a port that is none": ('kind = "sandbox"\nbase-url = "https://acme.example:99999"', "base-url"),
    "a port that is a word": ('kind = "sandbox"\nbase-url = "https://acme.example:x"', "base-url"),
    "http": ('kind = "sandbox"\nbase-url = "http://acme.example"', "base-url must be https"),
    "somebody else's stub": ('kind = "stub"\nbase-url = "https://acme.example"', 'kind = "stub" is for addresses of this machine'),
    "credentials in the address": ('kind = "sandbox"\nbase-url = "https://me:hunter2@acme.example"', "base-url"),
    "credentials of a fake": ('kind = "stub"\nbase-url = "http://me:hunter2@127.0.0.1"', "base-url"),
}


@pytest.mark.parametrize("mistake", ADDRESSES)
def test_an_address_that_will_not_do_is_told_in_one_line(tmp_path: Path, mistake: str) -> None:
    text, says = ADDRESSES[mistake]
    place = profiled(tmp_path, f"{text}\n")

    told = refusal(tmp_path)

    assert told.startswith(f"{place}: [targets.acme]: ")
    assert says in told
    assert "\n" not in told
    assert "hunter2" not in told


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[targets.acme", "is not TOML: "),
        ("\xff", "is not TOML: "),
        ("[target.acme]\n", "only tables [targets.NAME] are known here, not target"),
        ("targets = 1\n", "only tables [targets.NAME] are known here"),
        ("[targets]\nacme = 1\n", "only tables [targets.NAME] are known here"),
        ('[targets.other]\nkind = "stub"\n', "has no [targets.acme]; it has other"),
        ("", "has no [targets.acme]; it has none"),
    ],
)
def test_a_file_that_will_not_do_is_told_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    place = tmp_path / FILE
    place.write_bytes(text.encode("latin-1"))

    told = refusal(tmp_path)

    assert str(place) in told
    assert says in told
    assert "\n" not in told


def test_a_config_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert refusal(tmp_path, config=tmp_path / "no.toml") == f"{tmp_path / 'no.toml'}: cannot be read: No such file or directory"


def test_a_name_without_any_file_is_told(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"--target acme: {FILE} has no [targets.acme]; there is no such file"


def test_without_any_target_the_ways_to_name_one_are_told(tmp_path: Path) -> None:
    told = refusal(tmp_path, None, {})

    assert all(way in told for way in ("--target", "--stub", "SAIL_BASE_URL"))


def test_a_running_fake_without_credentials_is_told_where_they_are(tmp_path: Path) -> None:
    told = refusal(tmp_path, NEAR, {})

    assert told == 'the environment: SAIL_CLIENT_ID and SAIL_CLIENT_SECRET must be set; for a running fake: eval "$(isc-mock credentials)"'


# Addresses


@pytest.mark.parametrize("address", [NEAR, "http://localhost:8080", "http://[::1]:8080", "https://127.0.0.2", "http://LOCALHOST"])
def test_an_address_of_this_machine_is_writable_and_without_a_limit(tmp_path: Path, address: str) -> None:
    target = resolved(tmp_path, f"{address}/")

    assert (target.base_url, target.kind, target.mode, target.rate, target.max_requests) == (address.lower(), "stub", "writes", None, None)
    assert not target.is_own


@pytest.mark.parametrize("address", [NEAR, f"{NEAR}/", "HTTP://127.0.0.1:8080"])
def test_a_profile_decides_also_for_an_address_of_this_machine(tmp_path: Path, address: str) -> None:
    profiled(tmp_path, f'base-url = "{NEAR}"\nkind = "sandbox"\nmode = "read-only"\n')

    target = resolved(tmp_path, address)

    assert (target.name, target.kind, target.mode, target.rate) == ("acme", "sandbox", "read-only", DEFAULT_RATE)


def test_a_profile_of_a_fake_has_no_limit_unless_it_says_one(tmp_path: Path) -> None:
    profiled(tmp_path, f'base-url = "{NEAR}"\nkind = "stub"\n')

    target = resolved(tmp_path)

    assert (target.mode, target.rate, target.max_requests, target.is_stub) == ("read-only", None, None, True)


def test_another_port_of_this_machine_is_another_target(tmp_path: Path) -> None:
    profiled(tmp_path, f'base-url = "{NEAR}"\nkind = "sandbox"\n')

    assert resolved(tmp_path, "http://127.0.0.1:8081").name == "stub"


STRANGERS = [
    ACME,
    f"{ACME}/",
    "http://acme.api.identitynow-demo.com",
    "https://localhost.evil.example",
    "https://127.0.0.1.evil.example:8443",
    "https://0.0.0.0:8080",
    "https://192.168.0.10",
    "https://[2001:db8::1]:8443",
    "https://2130706433",
]


@pytest.mark.parametrize("address", STRANGERS)
def test_an_unknown_host_is_refused_and_the_profile_to_add_works(tmp_path: Path, address: str) -> None:
    told = refusal(tmp_path, address)

    first, _, profile = told.partition("\n")
    assert "nothing was sent" in first
    assert first.endswith(f"Add to {FILE}:")
    (tmp_path / FILE).write_text(profile, encoding="utf-8")
    target = resolved(tmp_path, next(iter(tomllib.loads(profile)["targets"])))
    assert target.base_url.partition("://")[2] == address.partition("://")[2].rstrip("/")
    assert (target.kind, target.mode) == ("sandbox", "read-only")


@pytest.mark.parametrize("address", ["https://me:hunter2@acme.example", "http://127.0.0.1@evil.example", "http://x@127.0.0.1:8080"])
def test_an_address_with_credentials_is_refused_and_not_repeated(tmp_path: Path, address: str) -> None:
    told = refusal(tmp_path, address)

    for one in (told, refusal(tmp_path, None, {"SAIL_BASE_URL": address})):
        assert "no user in it" in one
        assert "hunter2" not in one


UNREACHABLE = [
    "ftp://127.0.0.1",
    "file://localhost/etc/passwd",
    "http://127.0.0.1:99999",
    "http://localhost:x",
    "http://localhost/v2024",
    "http://localhost?x",
    "http://",
    "https://b\u00fccher.example",
    "https://acme.example\nX: y",
    "https://acme.example\t.evil.example",
]


@pytest.mark.parametrize("address", UNREACHABLE)
def test_what_no_http_client_can_reach_is_refused(tmp_path: Path, address: str) -> None:
    assert "\n" not in refusal(tmp_path, address)


@given(st.ip_addresses(v=4, network="127.0.0.0/8").map(str) | st.sampled_from(["::1", "localhost", "0:0:0:0:0:0:0:1"]))
def test_these_are_addresses_of_this_machine(host: str) -> None:
    assert is_loopback(host)


@given(
    st.ip_addresses().filter(lambda address: not address.is_loopback).map(str)
    | st.from_regex(r"(localhost|127\.0\.0\.1|::1)[.a-z][.0-9a-z]{0,12}", fullmatch=True)
    | (st.integers(0, 2**32 - 1).map(str) | st.integers(0, 2**32 - 1).map(hex))
)
@example("localhost.evil.example")
@example("127.0.0.1.evil.example")
@example("0.0.0.0")  # noqa: S104 - nothing binds to it
@example("2130706433")
@example("0x7f000001")
@example("0177.0.0.1")
@example("127.1")
@example("localhost.")
@example("")
@example("::")
def test_nothing_else_is(host: str) -> None:
    assert not is_loopback(host)


def test_no_host_is_no_address_of_this_machine() -> None:
    assert not is_loopback(None)


# Secrets


def test_credentials_are_never_shown(tmp_path: Path) -> None:
    profiled(tmp_path, SANDBOX)
    target = resolved(tmp_path)

    shown = " ".join([repr(target), str(target), repr(target.credentials), f"{target.credentials['main']}", target.digest()])

    assert "the secret" not in shown
    assert "the id" not in shown


def test_a_refusal_names_no_credentials(tmp_path: Path) -> None:
    profiled(tmp_path, f'{SANDBOX}clients = {{ plain = {{ client-id-env = "SAIL_CLIENT_ID", client-secret-env = "NO" }} }}\n')

    told = refusal(tmp_path)

    assert "NO must be set" in told
    assert "the secret" not in told
    assert "the id" not in told


# The digest

CHANGED: dict[str, Any] = {
    "name": "other",
    "base_url": "https://other.example",
    "kind": "stub",
    "mode": "writes",
    "versions": ("v2024",),
    "rate": 17,
    "rate_store": "redis://other",
    "max_requests": 17,
    "disposable": True,
    "writable_ids": frozenset({"other"}),
}


@pytest.mark.parametrize("name", CHANGED)
def test_the_digest_changes_with_whatever_the_profile_says(name: str) -> None:
    target = Target("acme", ACME, "sandbox", "read-only", VERSIONS, {})

    assert replace(target, **{name: CHANGED[name]}).digest() != target.digest()


def test_the_digest_knows_every_field_of_a_profile() -> None:
    assert {field.name for field in fields(Target)} == CHANGED.keys() | {"credentials", "is_own"}


def test_the_digest_does_not_change_with_the_credentials_or_the_order_of_ids() -> None:
    one = Target("acme", ACME, "sandbox", "read-only", VERSIONS, {}, writable_ids=frozenset({"a", "b", "c"}))
    other = replace(one, credentials={"main": Credentials("x", "y")}, writable_ids=frozenset(["c", "b", "a"]))

    assert one.digest() == other.digest()


# What a command makes of it


def test_stub_is_the_name_of_a_fake_of_its_own_unless_a_profile_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with chosen_target("stub", None, is_stub=False, with_login=False) as own:
        pass
    profiled(tmp_path, SANDBOX, under="[targets.stub]\n")

    with chosen_target("stub", None, is_stub=False, with_login=False) as profile:
        pass

    assert (own.is_own, own.kind) == (True, "stub")
    assert (profile.is_own, profile.base_url) == (False, ACME)


def test_what_logs_in_nowhere_needs_no_credentials(tmp_path: Path) -> None:
    profiled(tmp_path, f'{SANDBOX}client-id-env = "NOT_SET"{CLIENTS.replace(", ", chr(10), 1)}\n')

    target = resolve("acme", None, {}, tmp_path, Credentials("nobody", "nobody"))

    assert target.credentials == {"main": Credentials("nobody", "nobody")}


def test_a_fake_of_its_own_and_a_target_are_too_many() -> None:
    with pytest.raises(Misuse, match="choose one of them"), chosen_target("acme", None, is_stub=True):
        pass


def test_a_fake_has_the_name_that_it_is_given() -> None:
    assert loopback(NEAR, {}, "mine").name == "mine"
