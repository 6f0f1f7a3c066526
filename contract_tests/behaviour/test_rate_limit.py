"""The rate limit: 100 requests in 10 seconds, per client and version, if it is switched on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import httpx
import pytest

from contract_tests.conftest import Connect, credentials
from contract_tests.support import tasks, well_formed
from contract_tests.support.client import Client
from contract_tests.support.server import Running, running
from mock_server.contract import VERSIONS
from mock_server.settings import Settings

every_version = pytest.mark.parametrize("version", VERSIONS)
two_versions = pytest.mark.parametrize("version", ["v2024", "v1"])
"""One with a base path, and the one without: a hundred requests take their time."""


@pytest.fixture(scope="module")
def shared_limited() -> Iterator[Running]:
    with running(Settings(rate_limit=True)) as server:
        yield server


@pytest.fixture
def limited(shared_limited: Running) -> Running:
    """A fake that counts, with nothing counted yet and a clock that stands."""
    shared_limited.reset()
    shared_limited.tenant.clock.freeze(1_800_000_000_000)
    return shared_limited


@every_version
def test_100_requests_pass_and_the_next_does_not(connect: Connect, limited: Running, version: str) -> None:
    isc = connect(version, to=limited)

    statuses = Counter(_statuses(isc, 100))
    answer = isc.send("getCountWorkItems")

    assert statuses == {200: 100}
    assert answer.status_code == 429
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == {"message": " Rate Limit Exceeded "}


@every_version
def test_retry_after_says_how_many_seconds_to_wait(connect: Connect, limited: Running, version: str) -> None:
    isc = connect(version, to=limited)
    _statuses(isc, 100)

    at_once = isc.send("getCountWorkItems")
    limited.tenant.clock.advance(3001)
    later = isc.send("getCountWorkItems")

    assert (at_once.headers["Retry-After"], later.headers["Retry-After"]) == ("10", "7")


@two_versions
def test_who_waits_as_long_as_he_is_told_passes(connect: Connect, limited: Running, version: str) -> None:
    isc = connect(version, to=limited)
    _statuses(isc, 100)
    limited.tenant.clock.advance(1234)
    seconds = int(isc.send("getCountWorkItems").headers["Retry-After"])

    limited.tenant.clock.advance(seconds * 1000)

    assert isc.send("getCountWorkItems").status_code == 200


@two_versions
def test_the_window_slides(connect: Connect, limited: Running, version: str) -> None:
    isc = connect(version, to=limited)
    _statuses(isc, 60)
    limited.tenant.clock.advance(5000)
    _statuses(isc, 40)

    limited.tenant.clock.advance(4999)
    before = _statuses(isc, 1)
    limited.tenant.clock.advance(1)
    after = Counter(_statuses(isc, 61))

    assert before == [429]
    assert after == {200: 60, 429: 1}


@two_versions
def test_refused_requests_do_not_count(connect: Connect, limited: Running, version: str) -> None:
    isc = connect(version, to=limited)
    _statuses(isc, 100)
    limited.tenant.clock.advance(9000)
    refused = _statuses(isc, 50)

    limited.tenant.clock.advance(1000)

    assert set(refused) == {429}
    assert Counter(_statuses(isc, 100)) == {200: 100}


@two_versions
def test_another_client_has_requests_of_its_own(connect: Connect, limited: Running, version: str) -> None:
    _statuses(connect(version, to=limited), 101)

    assert _statuses(connect(version, "lena", to=limited), 1) != [429]


@two_versions
def test_another_token_of_the_same_client_has_none(connect: Connect, limited: Running, version: str) -> None:
    _statuses(connect(version, to=limited), 100)

    assert _statuses(connect(version, to=limited), 1) == [429]


@every_version
def test_the_other_versions_have_requests_of_their_own(connect: Connect, limited: Running, version: str) -> None:
    _statuses(connect(version, to=limited), 101)

    others = {other: _statuses(connect(other, to=limited), 1) for other in VERSIONS if other != version}

    assert set(map(tuple, others.values())) == {(200,)}


@two_versions
def test_requests_that_fail_count_as_well(connect: Connect, limited: Running, version: str) -> None:
    isc = connect(version, to=limited)
    request = well_formed.request(version, "getWorkItem")

    failed = {isc.http.request(**request).status_code for _ in range(100)}

    assert failed == {404}
    assert isc.send("getCountWorkItems").status_code == 429


@pytest.mark.parametrize("version", tasks.WITH_PENDING)
def test_a_refusal_of_head_has_no_body(connect: Connect, limited: Running, version: str) -> None:
    isc = connect(version, to=limited)
    _statuses(isc, 100)

    answer = isc.send("getPendingTaskHeaders")

    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "10"
    assert answer.content == b""


def test_asking_for_tokens_is_not_limited(limited: Running) -> None:
    client = credentials(limited, "org-admin")
    form = {"grant_type": "client_credentials", "client_id": client.id, "client_secret": client.secret}

    with httpx.Client(base_url=limited.url) as http:
        statuses = Counter(http.post("/oauth/token", data=form).status_code for _ in range(110))

    assert statuses == {200: 110}


@every_version
def test_by_default_there_is_no_limit(connect: Connect, version: str) -> None:
    isc = connect(version)

    assert Counter(_statuses(isc, 110)) == {200: 110}


def _statuses(isc: Client, number: int) -> list[int]:
    request = well_formed.request(isc.version, "getCountWorkItems")
    return [isc.http.request(**request).status_code for _ in range(number)]
