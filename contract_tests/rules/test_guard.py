"""What may leave the process: to a fake everything, elsewhere reads of the contract, and writes where they are wanted twice."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.harness.errors import Refused
from contract_tests.harness.guard import Guard
from contract_tests.harness.message import Request
from contract_tests.harness.paths import operations
from contract_tests.harness.target import Credentials, Target
from mock_server import contract
from mock_server.contract import VERSIONS

BASE = "https://acme.api.identitynow-demo.com"
LISTED, FOUND, OTHER = "a" * 32, "b" * 32, "c" * 32

READ_ONLY = Target("acme", BASE, "sandbox", "read-only", VERSIONS, {"main": Credentials("x", "y")})
WRITABLE = replace(READ_ONLY, mode="writes", writable_ids=frozenset({LISTED}))
FAKE = replace(READ_ONLY, base_url="http://127.0.0.1:8080", kind="stub", mode="writes")

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY", "CONNECT", "get", "PURGE")


def requests() -> st.SearchStrategy[Request]:
    """Of all operations, with any method, and with ids that try to be more than that."""
    templates = [contract.base_path(contract.compose(version)) + one.path for version in VERSIONS for one in operations(version).values()]
    ids = st.sampled_from([LISTED, FOUND, OTHER, "..", "%2e%2e", "x%2Fy", "x;y", "%00", "completed"]) | st.text("abc/.%?#", max_size=5)
    paths = st.tuples(st.sampled_from([*templates, "/", "/oauth/token", "/_mock/reset", "/v2024/identities"]), ids, ids).map(
        lambda parts: parts[0].replace("{id}", parts[1]).replace("{approvalItemId}", parts[2])
    )
    urls = st.tuples(st.sampled_from([BASE, BASE, BASE, BASE + ".evil.example", "http://acme.api.identitynow-demo.com"]), paths).map(
        "".join
    )
    headers = st.just(())
    return st.builds(Request, st.sampled_from(METHODS), urls, headers, st.sampled_from([b"", b"{}", b"[]"]))


def admits(guard: Guard, request: Request) -> bool:
    try:
        guard.admit(request)
    except Refused:
        return False
    return True


@given(requests())
def test_read_only_lets_nothing_out_but_reads_of_the_contract_and_the_login(request: Request) -> None:
    if admits(Guard(READ_ONLY, allow_writes=True), request):
        assert request.url.startswith(f"{BASE}/")
        assert (request.method in ("GET", "HEAD") and not request.body) or (request.method, request.path) == ("POST", "/oauth/token")


@given(requests())
def test_a_write_goes_to_known_ids_alone(request: Request) -> None:
    guard = Guard(WRITABLE, allow_writes=True, found={FOUND})

    if admits(guard, request) and request.method not in ("GET", "HEAD") and request.path != "/oauth/token":
        assert LISTED in request.path
        assert OTHER not in request.path
        assert FOUND not in request.path


@pytest.mark.parametrize("version", VERSIONS)
def test_read_only_lets_every_read_of_the_contract_out(version: str) -> None:
    guard = Guard(READ_ONLY, allow_writes=False)

    for operation in operations(version).values():
        path = contract.base_path(contract.compose(version)) + operation.path.replace("{id}", LISTED)
        if operation.method in ("GET", "HEAD"):
            assert guard.admit(Request(operation.method, f"{BASE}{path}?limit=1")) == operation


def test_a_write_needs_the_profile_and_the_option() -> None:
    write = Request("POST", f"{BASE}/v2024/work-items/{LISTED}")

    assert not admits(Guard(WRITABLE, allow_writes=False), write)
    assert not admits(Guard(replace(WRITABLE, mode="read-only"), allow_writes=True), write)
    assert admits(Guard(WRITABLE, allow_writes=True), write)


def test_what_the_run_found_is_writable_in_a_disposable_tenant_alone() -> None:
    write = Request("POST", f"{BASE}/v2024/work-items/{FOUND}")

    assert not admits(Guard(WRITABLE, allow_writes=True, found={FOUND}), write)
    assert admits(Guard(replace(WRITABLE, disposable=True), allow_writes=True, found={FOUND}), write)


def test_whom_a_forward_makes_the_owner_must_be_known_too() -> None:
    guard = Guard(replace(WRITABLE, disposable=True), allow_writes=True, found={FOUND})

    def forward(owner: str) -> Request:
        return Request(
            "POST", f"{BASE}/v2024/work-items/{LISTED}/forward", (), json.dumps({"targetOwnerId": owner, "comment": "x"}).encode()
        )

    assert admits(guard, forward(FOUND))
    assert not admits(guard, forward(OTHER))


def test_a_version_that_the_profile_leaves_out_is_not_asked() -> None:
    guard = Guard(replace(READ_ONLY, versions=("v2025",)), allow_writes=False)

    assert not admits(guard, Request("GET", f"{BASE}/v2024/work-items"))
    assert admits(guard, Request("GET", f"{BASE}/v2025/work-items"))


@pytest.mark.parametrize("method", METHODS)
def test_on_a_fake_everything_may_be_tried(method: str) -> None:
    guard = Guard(FAKE, allow_writes=False)

    assert admits(guard, Request(method, "http://127.0.0.1:8080/v2024/nowhere"))
    assert not admits(guard, Request(method, "http://127.0.0.1:8081/v2024/work-items"))


def test_a_read_only_fake_is_left_as_it_is() -> None:
    """A profile's mode decides, also for an address of this machine."""
    guard = Guard(replace(FAKE, mode="read-only"), allow_writes=True)

    assert not admits(guard, Request("POST", f"http://127.0.0.1:8080/v2024/work-items/{LISTED}"))


@pytest.mark.parametrize(
    "name", ["X-HTTP-Method-Override", "x_http_method_override", "X-Original-URL", "Upgrade", "Transfer-Encoding", "Cookie"]
)
def test_a_header_that_could_make_another_request_of_it_stays_behind(name: str) -> None:
    request = Request("GET", f"{BASE}/v2024/work-items", (("Accept", "application/json"), (name, "DELETE")))

    assert Guard(READ_ONLY, allow_writes=False).stripped(request).headers == (("Accept", "application/json"),)
    assert Guard(FAKE, allow_writes=False).stripped(request) == request


@pytest.mark.parametrize("query", ["_method=DELETE", "%5fmethod=DELETE", "_METHOD=DELETE", "X-HTTP-Method=DELETE", "limit=1&_method"])
def test_a_query_that_asks_for_another_method_is_refused(query: str) -> None:
    assert not admits(Guard(READ_ONLY, allow_writes=False), Request("GET", f"{BASE}/v2024/work-items?{query}"))


@pytest.mark.parametrize(
    "body",
    [
        b'{"targetOwnerId": "%s", "targetOwnerId": "%s"}',
        b'{"targetOwnerId": "%s", "TargetOwnerId": "%s"}',
        b'[{"targetOwnerId": "%s"}, "%s"]',
        b'{"targetOwnerId": "%s", "x": "%s",}',
        b"targetOwnerId=%s&x=%s",
        b'{"targetOwnerId": ["%s"], "x": "%s"}',
        b"",
    ],
)
def test_an_owner_is_not_smuggled_in(body: bytes) -> None:
    guard = Guard(replace(WRITABLE, disposable=True), allow_writes=True, found={FOUND})
    body = body % (FOUND.encode(), OTHER.encode()) if body else body

    assert not admits(guard, Request("POST", f"{BASE}/v2024/work-items/{LISTED}/forward", (), body))
