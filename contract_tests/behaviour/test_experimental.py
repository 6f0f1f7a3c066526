"""The header X-SailPoint-Experimental: demanded where older documents do, if the fake is strict, and harmless everywhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contract_tests.conftest import Connect
from contract_tests.support import envelope, well_formed
from contract_tests.support.client import operations
from contract_tests.support.server import Running, running
from mock_server.contract import VERSIONS
from mock_server.settings import Settings

HEADER = "X-SailPoint-Experimental"

EXPERIMENTAL = ("forwardWorkItem", "getCountCompletedWorkItems")
"""In v2024, and in no other version."""

experimental = pytest.mark.parametrize("name", EXPERIMENTAL)
every_version = pytest.mark.parametrize("version", VERSIONS)


@pytest.fixture(scope="module")
def strict() -> Iterator[Running]:
    with running(Settings(strict_experimental=True)) as server:
        yield server


@experimental
def test_a_strict_fake_demands_the_header(connect: Connect, strict: Running, name: str) -> None:
    isc = connect("v2024", to=strict)

    answer = isc.send(name, **well_formed.arguments(name))

    assert answer.status_code == 400
    assert envelope.code(answer) == "400.1.0"
    assert f'"{HEADER}"' in envelope.text(answer)


@experimental
def test_nothing_but_true_will_do(connect: Connect, strict: Running, name: str) -> None:
    isc = connect("v2024", to=strict)

    answers = [isc.send(name, headers={HEADER: value}, **well_formed.arguments(name)) for value in ("false", "", "1", "yes")]

    assert [answer.status_code for answer in answers] == [400] * 4


@experimental
def test_a_strict_fake_is_content_with_the_header(connect: Connect, strict: Running, name: str) -> None:
    isc = connect("v2024", to=strict)

    answers = [isc.send(name, headers={header: "true"}, **well_formed.arguments(name)) for header in (HEADER, HEADER.lower())]

    assert {answer.status_code for answer in answers} == {404 if name == "forwardWorkItem" else 200}


@experimental
def test_who_may_not_do_it_is_told_so_first(connect: Connect, strict: Running, name: str) -> None:
    application = connect("v2024", "monitor", to=strict)

    answer = application.send(name, **well_formed.arguments(name))

    assert answer.status_code == 403


@every_version
def test_a_strict_fake_demands_it_of_no_other_operation(connect: Connect, strict: Running, version: str) -> None:
    isc = connect(version, to=strict)
    names = [name for name in operations(version) if version != "v2024" or name not in EXPERIMENTAL]

    statuses = {name: isc.http.request(**well_formed.request(version, name)).status_code for name in names}

    assert {name: status for name, status in statuses.items() if status not in (200, 404)} == {}


@every_version
def test_a_lenient_fake_demands_it_nowhere(connect: Connect, version: str) -> None:
    isc = connect(version)

    statuses = {name: isc.http.request(**well_formed.request(version, name)).status_code for name in operations(version)}

    assert set(EXPERIMENTAL) <= statuses.keys()
    assert {name: status for name, status in statuses.items() if status not in (200, 404)} == {}


@every_version
@pytest.mark.parametrize("value", ["true", "x"])
def test_sending_it_does_no_harm(connect: Connect, version: str, value: str) -> None:
    isc = connect(version)
    isc.http.headers[HEADER] = value

    statuses = {name: isc.http.request(**well_formed.request(version, name)).status_code for name in operations(version)}

    assert {name: status for name, status in statuses.items() if status not in (200, 404)} == {}
