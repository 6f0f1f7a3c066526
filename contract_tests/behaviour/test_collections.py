"""The lists of work items as collections: pages, totals, a stable order, and what is wrong with a parameter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from contract_tests.conftest import Connect
from contract_tests.support.client import Client, Json, operations
from contract_tests.support.server import Running, running
from contract_tests.support.work_items import completed_count, completed_items, identity, open_items
from mock_server.contract import VERSIONS
from mock_server.settings import Settings

every_version = pytest.mark.parametrize("version", VERSIONS)

PAGED = ("listWorkItems", "getCompletedWorkItems")

CROWD = 253
"""Open and completed work items each: three more than the largest page."""

LARGEST_INT32 = 2**31 - 1


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Longer lists than a page can hold, of work items that all came up, and ended, at the same moment. Nobody changes them."""
    still_open = [{"id": f"{number:032x}", "type": "Generic", "created": "-2d"} for number in range(CROWD)]
    completed = [
        {"id": f"{number:032x}", "type": "Generic", "created": "-2d", "completed": "-1d", "state": "Finished"}
        for number in range(CROWD, 2 * CROWD)
    ]
    folder = tmp_path_factory.mktemp("crowded")
    (folder / "work-items.json").write_text(json.dumps(still_open + completed))
    with running(Settings(fixtures=folder)) as server:
        yield server


def both(isc: Client, **parameters: Any) -> dict[str, Json]:
    """What either list answers."""
    return {name: isc.get(name, **parameters) for name in PAGED}


def unjudged(isc: Client, list_: str, **parameters: int) -> list[Json]:
    """Past the oracle, which takes its time for 250 documents."""
    page: list[Json] = isc.http.get(isc.base_path + operations(isc.version)[list_].path, params=parameters).json()
    return page


def totals(isc: Client, **parameters: Any) -> list[str | None]:
    """The header X-Total-Count of either list; None: it is not there."""
    return [isc.send(name, **parameters).headers.get("X-Total-Count") for name in PAGED]


@every_version
def test_a_limit_cuts_the_list_off(connect: Connect, version: str) -> None:
    isc = connect(version)

    pages = both(isc, limit=3)

    assert pages == {name: longer[:3] for name, longer in both(isc, limit=8).items()}


@every_version
def test_an_offset_skips_the_beginning(connect: Connect, version: str) -> None:
    isc = connect(version)

    pages = both(isc, limit=3, offset=5)

    assert pages == {name: longer[5:8] for name, longer in both(isc, limit=8).items()}


@every_version
def test_a_limit_of_0_is_an_empty_page_with_a_total(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)

    pages = both(isc, limit=0)

    assert pages == {list_: [] for list_ in PAGED}
    assert totals(isc, limit=0, count=True) == [str(len(open_items(server))), str(len(completed_items(server)))]


@every_version
def test_the_default_page_is_the_largest_and_holds_250(connect: Connect, crowded: Running, version: str) -> None:
    isc = connect(version, to=crowded)

    default, largest = ([unjudged(isc, list_, **limit) for list_ in PAGED] for limit in ({}, {"limit": 250}))

    assert [len(page) for page in default] == [250, 250]
    assert largest == default


@every_version
def test_pages_join_to_the_list(connect: Connect, version: str) -> None:
    isc = connect(version)

    pages = [both(isc, limit=11, offset=offset) for offset in (0, 11, 22, 33)]

    assert {name: [item for page in pages for item in page[name]] for name in PAGED} == both(isc)


@every_version
def test_pages_join_to_the_list_even_if_all_are_of_one_moment(connect: Connect, crowded: Running, version: str) -> None:
    isc = connect(version, to=crowded)

    pages = {list_: [unjudged(isc, list_, offset=offset) for offset in (0, 250)] for list_ in PAGED}

    assert {list_: [len(page) for page in read] for list_, read in pages.items()} == {list_: [250, CROWD - 250] for list_ in PAGED}
    assert [len({item["id"] for page in read for item in page}) for read in pages.values()] == [CROWD, CROWD]


@every_version
def test_the_order_is_the_same_when_asked_again(connect: Connect, version: str) -> None:
    isc = connect(version)

    first, again = both(isc, limit=20), both(isc, limit=20)

    assert first == again


@every_version
def test_a_page_past_the_end_is_an_empty_200(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    lengths = {"listWorkItems": len(open_items(server)), "getCompletedWorkItems": len(completed_items(server))}

    at_the_end = {name: isc.get(name, offset=length) for name, length in lengths.items()}
    just_before = {name: len(isc.get(name, offset=length - 1)) for name, length in lengths.items()}

    assert at_the_end == both(isc, offset=LARGEST_INT32) == {list_: [] for list_ in PAGED}
    assert just_before == dict.fromkeys(PAGED, 1)


@every_version
def test_the_total_does_not_depend_on_the_page(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)

    told = [totals(isc, count=True, **page) for page in ({"limit": 2}, {"limit": 2, "offset": 3}, {"offset": 999})]

    assert told == [[str(len(open_items(server))), str(len(completed_items(server)))]] * 3


@every_version
def test_the_total_is_that_of_the_owner_who_is_named(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    hers = identity(server, "lena.marsh").id

    told = totals(isc, count=True, limit=1, ownerId=hers)

    assert told == [str(isc.get("getCountWorkItems", ownerId=hers)["count"]), str(completed_count(isc, ownerId=hers))]


@every_version
def test_the_total_is_sent_only_if_asked_for(connect: Connect, version: str) -> None:
    isc = connect(version)

    unasked, declined = totals(isc, limit=1), totals(isc, limit=1, count=False)

    assert unasked == declined == [None, None]


@every_version
def test_powershell_may_write_true_with_a_capital(connect: Connect, version: str) -> None:
    isc = connect(version)

    capital = totals(isc, limit=1, count="True")

    assert capital == totals(isc, limit=1, count=True)
    assert None not in capital


@every_version
def test_powershell_may_write_false_with_a_capital(connect: Connect, version: str) -> None:
    told = totals(connect(version), limit=1, count="False")

    assert told == [None, None]


@every_version
@pytest.mark.parametrize(
    ("parameter", "values"),
    [
        ("limit", ["251", "-1", "ten", "1.5", "", "0x10", "1e1"]),
        ("offset", ["-1", "ten", "1.5", "", str(LARGEST_INT32 + 1), "9" * 30]),
        ("count", ["yes", "1", "0", "", "truee", "null"]),
    ],
)
def test_a_bad_value_is_a_400_that_names_the_parameter(connect: Connect, version: str, parameter: str, values: list[str]) -> None:
    isc = connect(version)
    bad: list[dict[str, Any]] = [{parameter: value} for value in values]

    answers = {(name, *wrong.values()): isc.send(name, **wrong) for name in PAGED for wrong in bad}

    assert {request: answer.status_code for request, answer in answers.items()} == dict.fromkeys(answers, 400)
    assert {answer.json()["detailCode"] for answer in answers.values()} == {"400.1.3 Illegal value"}
    assert {f'"{parameter}"' in answer.json()["messages"][0]["text"] for answer in answers.values()} == {True}


@every_version
def test_unknown_parameters_are_ignored(connect: Connect, version: str) -> None:
    isc = connect(version)

    pages = both(isc, limit=5, sorters="-created", filters='type eq "Form"', Limit="many", nobodyKnows="")

    assert pages == both(isc, limit=5)


def test_beta_takes_a_page_for_its_count_of_completed_work_items_and_counts_all(connect: Connect) -> None:
    isc = connect("beta")

    paged = isc.get("getCountCompletedWorkItems", limit=1, offset=7)

    assert paged == isc.get("getCountCompletedWorkItems")


@pytest.mark.parametrize("parameter", ["limit", "offset"])
def test_beta_refuses_a_bad_page_for_its_count_of_completed_work_items(connect: Connect, parameter: str) -> None:
    bad: dict[str, Any] = {parameter: "-1"}

    answer = connect("beta").send("getCountCompletedWorkItems", **bad)

    assert answer.status_code == 400
    assert f'"{parameter}"' in answer.json()["messages"][0]["text"]


@pytest.mark.parametrize("version", [version for version in VERSIONS if version != "beta"])
def test_elsewhere_counts_ignore_a_page(connect: Connect, version: str) -> None:
    isc = connect(version)

    counts = [isc.get(name, limit="-1", offset="ten") for name in ("getCountWorkItems", "getCountCompletedWorkItems")]

    assert counts == [isc.get(name) for name in ("getCountWorkItems", "getCountCompletedWorkItems")]
