"""Swagger UI and the documents behind it, for each version, without the internet."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from contract_tests.behaviour.test_command import serving
from contract_tests.support import envelope
from mock_server import contract
from mock_server.contract import VERSIONS

PLACES = {**{version: contract.base_path(contract.compose(version)) for version in VERSIONS}, "control": "/_mock"}

every_place = pytest.mark.parametrize("place", PLACES)
every_version = pytest.mark.parametrize("version", VERSIONS)


@pytest.fixture(scope="module")
def browser() -> Iterator[httpx.Client]:
    """Speaks to a process of its own: sending a file once froze the server, and a process can be killed."""
    with serving() as (_, printed), httpx.Client(base_url=printed["SAIL_BASE_URL"], timeout=2) as client:
        yield client


@every_place
def test_there_is_a_page(browser: httpx.Client, place: str) -> None:
    answer = browser.get(f"{PLACES[place]}/ui/")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "SwaggerUIBundle" in answer.text


@every_place
def test_the_page_is_found_without_its_slash(browser: httpx.Client, place: str) -> None:
    answer = browser.get(f"{PLACES[place]}/ui", follow_redirects=True)

    assert answer.status_code == 200
    assert answer.url.path == f"{PLACES[place]}/ui/"


@every_place
def test_the_page_fetches_nothing_from_elsewhere(browser: httpx.Client, place: str) -> None:
    page = browser.get(f"{PLACES[place]}/ui/")

    hosts = {page.url.join(one).host for one in _fetched(page.text)}

    assert hosts == {page.url.host}
    assert re.findall(r"(?:https?:)?//[a-z0-9]", page.text) == []


@every_place
def test_no_validator_elsewhere_is_asked(browser: httpx.Client, place: str) -> None:
    page = browser.get(f"{PLACES[place]}/ui/")

    assert "validatorUrl: null" in page.text


@every_version
def test_the_document_is_the_composed_one(browser: httpx.Client, version: str) -> None:
    answer = browser.get(f"{PLACES[version]}/openapi.json")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert {**answer.json(), "servers": []} == {**contract.compose(version), "servers": []}


@every_version
def test_the_document_sends_requests_to_this_server(browser: httpx.Client, version: str) -> None:
    document = browser.get(f"{PLACES[version]}/openapi.json").json()

    assert document["servers"] == [{"url": PLACES[version] or "/"}]


@every_version
def test_the_page_names_the_document_of_its_version(browser: httpx.Client, version: str) -> None:
    page = browser.get(f"{PLACES[version]}/ui/")

    assert f'url: "{PLACES[version]}/openapi.json"' in page.text


def test_the_document_of_the_control_api_is_there_as_well(browser: httpx.Client) -> None:
    document = browser.get("/_mock/openapi.json").json()

    assert document["paths"].keys() == contract.load("control.yaml")["paths"].keys()


@every_place
def test_what_is_not_there_is_an_error_like_any_other(browser: httpx.Client, place: str) -> None:
    answer = browser.get(f"{PLACES[place]}/ui/nonsense.js")

    assert answer.status_code == 404
    assert envelope.code(answer) == "404"


@every_place
def test_no_other_file_is_served(browser: httpx.Client, place: str) -> None:
    paths = ("../../../../etc/passwd", "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/__init__.py", "/etc/passwd")

    statuses = {path: browser.get(f"{PLACES[place]}/ui/{path}").status_code for path in paths}

    assert statuses == dict.fromkeys(paths, 404)


@every_place
def test_the_page_fetches_what_is_there(browser: httpx.Client, place: str) -> None:
    page = browser.get(f"{PLACES[place]}/ui/")

    statuses = {one: browser.get(str(page.url.join(one))).status_code for one in _fetched(page.text)}

    assert len(statuses) >= 5
    assert statuses == dict.fromkeys(statuses, 200)


@every_place
def test_the_style_fetches_nothing_from_elsewhere(browser: httpx.Client, place: str) -> None:
    style = browser.get(f"{PLACES[place]}/ui/swagger-ui.css").text

    assert "swagger-ui" in style
    assert "@import" not in style
    assert [one for one in re.findall(r"url\(([^)]{0,80})", style) if not one.strip("\"'").startswith("data:")] == []


def _fetched(page: str) -> list[str]:
    """What a browser fetches because of the page: its links and scripts, and the document."""
    return re.findall(r'(?:href|src)="([^"]+)"', page) + re.findall(r'\burl: "([^"]+)"', page)
