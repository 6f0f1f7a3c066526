"""Who sees and changes which work item: owners, administrators, API clients, and tokens of narrow scopes."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from contract_tests.conftest import Connect
from contract_tests.support.server import Running, running
from contract_tests.support.work_items import (
    LISTS,
    VERSIONS_OF_OWNERS,
    Requests,
    approval,
    changes,
    completed_count,
    completed_items,
    everything,
    forwarding,
    identity,
    on_one,
    open_items,
    statuses,
)
from mock_server.contract import VERSIONS
from mock_server.settings import Settings

every_version = pytest.mark.parametrize("version", VERSIONS)
versions_of_owners = pytest.mark.parametrize("version", VERSIONS_OF_OWNERS)

FORWARDERS = ("report-admin", "role-admin", "role-subadmin", "source-admin", "source-subadmin")
"""Clients whose level may forward what others own, in v3 and v2024."""

OTHER_LEVELS = ("cert-admin", "helpdesk", *FORWARDERS)
"""Clients of every level but ORG_ADMIN."""

CLIENTS = [
    {"name": "robot", "clientId": "9d3f1c52-6a7e-4b08-8f2d-5c1e7a9b3d60", "clientSecret": "1" * 64},
    {
        "name": "reader",
        "identity": "ines.calder",
        "clientId": "2" * 32,
        "clientSecret": "2" * 64,
        "scopes": ["idn:work-item:read"],
    },
    {
        "name": "updater",
        "identity": "ines.calder",
        "clientId": "3" * 32,
        "clientSecret": "3" * 64,
        "scopes": ["idn:work-item:update"],
    },
]
"""An API client without a user but with all scopes, and tokens of an administrator with one scope each."""


@pytest.fixture(scope="module")
def server_of_clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("clients")
    (folder / "clients.json").write_text(json.dumps(CLIENTS))
    with running(Settings(fixtures=folder)) as server:
        yield server


@pytest.fixture
def other(server_of_clients: Running) -> Running:
    """The default tenant with the clients above in place of its own."""
    server_of_clients.reset()
    return server_of_clients


# Plain users


@versions_of_owners
def test_a_users_lists_and_counts_are_about_what_he_owns_whether_he_names_himself_or_nobody(
    connect: Connect, server: Running, version: str
) -> None:
    oscar, admin = connect(version, "oscar"), connect(version)
    his = identity(server, "oscar.tindall").id

    unnamed, named = ({name: oscar.get(name, **owner) for name in LISTS} for owner in ({}, {"ownerId": his}))

    assert {item["ownerId"] for item in (*unnamed["listWorkItems"], *unnamed["getCompletedWorkItems"])} == {his}
    assert unnamed == named == {name: admin.get(name, ownerId=his) for name in LISTS}


@versions_of_owners
def test_a_user_may_name_nobody_else(connect: Connect, server: Running, version: str) -> None:
    oscar = connect(version, "oscar")
    hers = identity(server, "lena.marsh").id

    answers = statuses(oscar, {name: {"ownerId": hers} for name in LISTS})

    assert answers == dict.fromkeys(LISTS, 403)


@versions_of_owners
@pytest.mark.parametrize("owner", ["lena.marsh", None])
def test_a_user_neither_sees_nor_changes_what_he_does_not_own(connect: Connect, server: Running, version: str, owner: str | None) -> None:
    owner_id = owner and identity(server, owner).id
    item = open_items(server, ownerId=owner_id)[0]

    answers = statuses(connect(version, "oscar"), on_one(server, item))

    assert answers == dict.fromkeys(answers, 403)
    assert connect(version).work_item(item["id"]) == item


@versions_of_owners
def test_a_user_may_do_everything_with_what_he_owns(connect: Connect, server: Running, version: str) -> None:
    oscar, admin = connect(version, "oscar"), connect(version)
    approvals, actions, forms = (iter(open_items(server, type=type_)) for type_ in ("Approval", "ManualAction", "Form"))
    items = {
        "getWorkItem": next(actions),
        "completeWorkItem": next(actions),
        "forwardWorkItem": next(actions),
        "approveApprovalItem": next(approvals),
        "rejectApprovalItem": next(approvals),
        "approveApprovalItemsInBulk": next(approvals),
        "rejectApprovalItemsInBulk": next(approvals),
        "submitAccountSelection": next(forms),
    }
    for item in items.values():
        if item["ownerName"] != "oscar.tindall":
            admin.send("forwardWorkItem", id=item["id"], json=forwarding(server, "oscar.tindall"))
            item["ownerName"] = "oscar.tindall"

    answers = statuses(oscar, {name: on_one(server, item)[name] for name, item in items.items()})

    assert answers == dict.fromkeys(items, 200)


@versions_of_owners
def test_a_user_is_told_that_a_work_item_does_not_exist(connect: Connect, server: Running, version: str) -> None:
    nobody_knows = {**approval(server, 1), "id": "0" * 32}

    answers = statuses(connect(version, "oscar"), on_one(server, nobody_knows))

    assert answers == dict.fromkeys(answers, 404)


# Administrators


@every_version
def test_an_administrator_who_names_nobody_sees_the_whole_tenant(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    everybodys, ended = [item["id"] for item in open_items(server)], [item["id"] for item in completed_items(server)]

    seen = {name: isc.get(name) for name in LISTS}

    assert sorted(item["id"] for item in seen["listWorkItems"]) == sorted(everybodys)
    assert sorted(item["id"] for item in seen["getCompletedWorkItems"]) == sorted(ended)
    assert seen["getCountWorkItems"] == {"count": len(everybodys)}
    assert completed_count(isc) == len(ended)
    assert seen["getWorkItemsSummary"] == {"open": len(everybodys), "completed": len(ended), "total": len(everybodys) + len(ended)}


@every_version
def test_an_administrator_may_name_any_owner(connect: Connect, server: Running, version: str) -> None:
    isc = connect(version)
    hers = identity(server, "lena.marsh").id
    still_open = [item["id"] for item in open_items(server, ownerId=hers)]
    ended = [item["id"] for item in completed_items(server, ownerId=hers)]

    seen = {name: isc.get(name, ownerId=hers) for name in LISTS}

    assert [item["id"] for item in seen["listWorkItems"]] == still_open
    assert [item["id"] for item in seen["getCompletedWorkItems"]] == ended
    assert seen["getCountWorkItems"] == {"count": len(still_open)}
    assert completed_count(isc, ownerId=hers) == len(ended)
    assert seen["getWorkItemsSummary"] == {"open": len(still_open), "completed": len(ended), "total": len(still_open) + len(ended)}


@every_version
def test_an_owner_who_does_not_exist_owns_nothing(connect: Connect, version: str) -> None:
    isc = connect(version)
    nobody = "0" * 32

    seen = {name: isc.get(name, ownerId=nobody) for name in LISTS}

    assert (seen["listWorkItems"], seen["getCompletedWorkItems"]) == ([], [])
    assert seen["getCountWorkItems"] == {"count": 0}
    assert completed_count(isc, ownerId=nobody) == 0
    assert seen["getWorkItemsSummary"] == {"open": 0, "completed": 0, "total": 0}


@every_version
def test_an_administrator_completes_a_work_item_without_owner(connect: Connect, server: Running, version: str) -> None:
    item = open_items(server, ownerId=None)[0]

    answer = connect(version).send("completeWorkItem", id=item["id"])

    assert (answer.json()["state"], answer.json()["ownerId"]) == ("Finished", None)


# The other levels


@versions_of_owners
def test_no_level_but_org_admin_sees_more_than_its_own(connect: Connect, server: Running, version: str) -> None:
    names = {client.name: client.identity for client in server.tenant.state.clients.values()}
    owned = {user: [item["id"] for item in open_items(server, ownerName=names[user])] for user in OTHER_LEVELS}

    seen = {user: connect(version, user).open_ids() for user in OTHER_LEVELS}

    assert seen == owned


@versions_of_owners
def test_no_level_but_org_admin_sees_or_completes_what_others_own(connect: Connect, server: Running, version: str) -> None:
    item = open_items(server, ownerName="lena.marsh")[0]
    requests: Requests = {
        "listWorkItems": {"ownerId": item["ownerId"]},
        "getWorkItem": {"id": item["id"]},
        "completeWorkItem": {"id": item["id"]},
    }

    answers = {user: statuses(connect(version, user), requests) for user in OTHER_LEVELS}

    assert answers == {user: dict.fromkeys(requests, 403) for user in OTHER_LEVELS}


@pytest.mark.parametrize("version", ["v3", "v2024"])
def test_who_may_forward_what_others_own_may_do_nothing_else_with_it(connect: Connect, server: Running, version: str) -> None:
    item = open_items(server, type="Approval", ownerName="lena.marsh")[0]
    requests = on_one(server, item) | {name: {"ownerId": item["ownerId"]} for name in LISTS}

    answers = statuses(connect(version, "report-admin"), requests)

    assert answers == {**dict.fromkeys(requests, 403), "forwardWorkItem": 200}


@pytest.mark.parametrize("version", ["v3", "v2024"])
def test_these_levels_forward_what_they_do_not_own(connect: Connect, server: Running, version: str) -> None:
    items = dict(zip(FORWARDERS, open_items(server, ownerName="lena.marsh"), strict=False))

    answers = {
        user: connect(version, user).send("forwardWorkItem", id=item["id"], json=forwarding(server, "oscar.tindall")).status_code
        for user, item in items.items()
    }

    admin = connect(version)
    assert answers == dict.fromkeys(FORWARDERS, 200)
    assert {admin.work_item(item["id"])["ownerName"] for item in items.values()} == {"oscar.tindall"}


@pytest.mark.parametrize("version", ["v3", "v2024"])
def test_the_other_two_levels_do_not_forward_what_they_do_not_own(connect: Connect, server: Running, version: str) -> None:
    item = open_items(server, ownerName="lena.marsh")[0]
    request = changes(server, item)["forwardWorkItem"]

    answers = [connect(version, user).send("forwardWorkItem", **request).status_code for user in ("cert-admin", "helpdesk")]

    assert answers == [403, 403]


@pytest.mark.parametrize("version", ["v2025", "v2026", "v1"])
def test_later_versions_let_org_admin_alone_forward_what_others_own(connect: Connect, server: Running, version: str) -> None:
    item = open_items(server, ownerName="lena.marsh")[0]
    request = changes(server, item)["forwardWorkItem"]

    answers = {user: connect(version, user).send("forwardWorkItem", **request).status_code for user in OTHER_LEVELS}

    assert answers == dict.fromkeys(OTHER_LEVELS, 403)


@pytest.mark.parametrize("user", ["oscar", "lena"])
def test_beta_shuts_the_owner_out(connect: Connect, server: Running, user: str) -> None:
    own = open_items(server, type="Form", ownerName={"oscar": "oscar.tindall", "lena": "lena.marsh"}[user])[0]

    answers = statuses(connect("beta", user), everything(server, own))

    assert answers == dict.fromkeys(answers, 403)
    assert own in open_items(server)


def test_beta_shuts_every_level_but_org_admin_out(connect: Connect, server: Running) -> None:
    item = approval(server, 2)
    requests: Requests = {
        "listWorkItems": {},
        "getWorkItem": {"id": item["id"]},
        "forwardWorkItem": changes(server, item)["forwardWorkItem"],
    }

    answers = {user: statuses(connect("beta", user), requests) for user in OTHER_LEVELS}

    assert answers == {user: dict.fromkeys(requests, 403) for user in OTHER_LEVELS}


# Clients without a user, and narrow scopes


@every_version
def test_an_api_client_without_a_user_is_refused_everywhere(connect: Connect, other: Running, version: str) -> None:
    nobodys = open_items(other, ownerId=None)[0]

    answers = statuses(connect(version, "robot", to=other), everything(other, nobodys))

    assert len(answers) == 13
    assert answers == dict.fromkeys(answers, 403)


@every_version
def test_a_scope_for_tasks_opens_no_work_item(connect: Connect, server: Running, version: str) -> None:
    own = open_items(server, ownerName="ines.calder")[0]

    answers = statuses(connect(version, "task-reader"), everything(server, own))

    assert answers == dict.fromkeys(answers, 403)


def test_the_scope_for_reading_reads_everything_in_beta_and_changes_nothing(connect: Connect, other: Running) -> None:
    item = approval(other, 2)
    changing = changes(other, item)

    answers = statuses(connect("beta", "reader", to=other), everything(other, item))

    assert answers == {name: 403 if name in changing else 200 for name in answers}


def test_the_scope_for_updating_changes_in_beta_and_reads_nothing(connect: Connect, other: Running) -> None:
    item = approval(other, 2)
    requests = everything(other, item)
    reading = [name for name in requests if name.startswith(("get", "list"))]

    answers = statuses(connect("beta", "updater", to=other), {name: requests[name] for name in (*reading, "completeWorkItem")})

    assert answers == {**dict.fromkeys(reading, 403), "completeWorkItem": 200}


def test_the_scope_for_updating_forwards_in_v3_and_does_nothing_else(connect: Connect, other: Running) -> None:
    requests = everything(other, approval(other, 2))

    answers = statuses(connect("v3", "updater", to=other), requests)

    assert answers == {**dict.fromkeys(requests, 403), "forwardWorkItem": 200}


def test_the_scope_for_reading_means_nothing_in_v3(connect: Connect, other: Running) -> None:
    answers = statuses(connect("v3", "reader", to=other), everything(other, approval(other, 2)))

    assert answers == dict.fromkeys(answers, 403)


@pytest.mark.parametrize("version", ["v2024", "v2025", "v2026", "v1"])
def test_elsewhere_neither_scope_means_anything(connect: Connect, other: Running, version: str) -> None:
    requests = everything(other, approval(other, 2))

    answers = [statuses(connect(version, user, to=other), requests) for user in ("reader", "updater")]

    assert answers == [dict.fromkeys(requests, 403)] * 2
