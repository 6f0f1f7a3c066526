"""Work items: what is listed, who sees it, and what completing does."""

from __future__ import annotations

import pytest

from contract_tests.conftest import Connect
from mock_server.contract import VERSIONS

every_version = pytest.mark.parametrize("version", VERSIONS)


@every_version
def test_a_completed_work_item_moves_from_the_open_list_to_the_completed_ones(connect: Connect, version: str) -> None:
    isc = connect(version)
    first = isc.open_ids(limit=1)[0]

    answer = isc.send("completeWorkItem", id=first)

    assert answer.json()["state"] == "Finished"
    assert first not in isc.open_ids()
    assert isc.completed_ids(limit=1) == [first]
