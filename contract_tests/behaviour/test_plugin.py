"""The pytest plugin in a user's own test files, and the fake without pytest."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable

import httpx
import pytest

import mock_server
from contract_tests.support.server import Running, running
from mock_server.conventions.errors import SetupError
from mock_server.settings import Settings

Run = Callable[..., pytest.RunResult]

SECRET = re.compile(r"[0-9a-f]{64}|eyJ[\w-]+\.")
"""A client secret, or the beginning of a token."""


@pytest.fixture
def pytester(server: Running, pytester: pytest.Pytester) -> pytest.Pytester:
    """After the first request: pytester forgets what is imported after it, and httpx cannot do with a second httpcore."""
    return pytester


@pytest.fixture
def run(pytester: pytest.Pytester, server: Running) -> Run:
    """run(source, *options): pytest on a test file of that source, against the fake that runs already."""

    def ran(source: str, *options: str) -> pytest.RunResult:
        pytester.makepyfile(source)
        return pytester.runpytest_inprocess("--strict-markers", "--isc-base-url", server.url, *options)

    return ran


def tenants(server: Running) -> list[str]:
    return [tenant.name for tenant in server.app.tenants]


def test_isc_is_a_tenant_of_the_tests_own(run: Run) -> None:
    result = run(
        """
        def test_one(isc):
            isc.add(type="Generic", description="Mine.")
            assert len(isc.state()["work-items"]) == 66

        def test_other(isc):
            assert len(isc.state()["work-items"]) == 65
        """
    )

    result.assert_outcomes(passed=2)


def test_a_tenant_is_gone_after_its_test_whether_that_passed_or_not(run: Run, server: Running) -> None:
    before = tenants(server)

    result = run(
        """
        def test_good(isc):
            pass

        def test_bad(isc):
            assert False
        """
    )

    result.assert_outcomes(passed=1, failed=1)
    assert tenants(server) == before


def test_isc_does_all_that_the_control_api_can(run: Run) -> None:
    result = run(
        """
        def test_reset(isc):
            before = isc.state()
            isc.add(type="Generic", description="More.")
            isc.reset()
            assert isc.state() == before

        def test_scenario(isc):
            isc.scenario("empty")
            assert isc.state()["work-items"] == []

        def test_snapshot(isc):
            before = isc.state()
            with isc.snapshot():
                isc.scenario("empty")
            assert isc.state() == before

        def test_restore(isc):
            before = isc.state()
            with isc.snapshot("mine"):
                pass
            isc.add(type="Generic", description="More.")
            isc.restore("mine")
            assert isc.state() == before

        def test_replace_state(isc):
            isc.replace_state({"work-items": []})
            assert isc.state()["work-items"] == []

        def test_launch(isc):
            assert isc.launch(source="Team Chat", outcome="ERROR")["completionStatus"] == "ERROR"

        def test_clock(isc):
            assert isc.clock.freeze("2030-01-01T00:00:00Z") == "2030-01-01T00:00:00.000Z"
            assert isc.clock.advance(seconds=1.5) == "2030-01-01T00:00:01.500Z"
            assert isc.clock.advance(duration="P1DT2H") == "2030-01-02T02:00:01.500Z"
            assert isc.clock.now() == "2030-01-02T02:00:01.500Z"
            assert isc.clock.run_from("2040-01-01T00:00:00Z") >= "2040-01-01T00:00:00.000Z"
            assert isc.clock.run() < "2040"

        def test_faults(isc, isc_client):
            isc.faults({"operationId": "listWorkItems", "first": 2, "status": 429})
            assert isc_client.get("/v2025/work-items").status_code == 429
            assert [armed["spoils"] for armed in isc.faults_left()] == [1]
            isc.faults()
            assert isc_client.get("/v2025/work-items").status_code == 200

        def test_journal(isc, isc_client):
            isc_client.get("/v2025/work-items", params={"colour": "red"})
            assert [entry["ignored"] for entry in isc.journal(operation="listWorkItems")] == [["query.colour"]]
            assert isc.journal_summary()["listWorkItems"] == {"200": 1}
            isc.forget_journal()
            assert isc.journal() == []
        """
    )

    result.assert_outcomes(passed=9)


def test_isc_client_is_httpx_logged_in_as_an_administrator(run: Run) -> None:
    result = run(
        """
        import httpx

        def test_it(isc_client, isc_server):
            assert isinstance(isc_client, httpx.Client)
            assert str(isc_client.base_url) == isc_server
            assert isc_client.get("/v2025/work-items/summary").json()["open"] == 40
        """
    )

    result.assert_outcomes(passed=1)


def test_isc_env_sets_the_three_variables_for_one_test(run: Run) -> None:
    result = run(
        """
        import os

        def test_with(isc_env, isc):
            names = ["SAIL_BASE_URL", "SAIL_CLIENT_ID", "SAIL_CLIENT_SECRET"]
            assert isc_env == isc.env == {name: os.environ[name] for name in names}

        def test_after():
            assert not [name for name in os.environ if name.startswith("SAIL_")]
        """
    )

    result.assert_outcomes(passed=2)


def test_isc_env_configures_the_vendors_sdk(pytester: pytest.Pytester, server: Running) -> None:
    pytester.makepyfile(
        """
        from sailpoint.configuration import Configuration
        from sailpoint.work_items import ApiClient, WorkItemsApi

        def test_it(isc_env):
            with ApiClient(Configuration()) as client:
                assert WorkItemsApi(client).get_count_work_items_v1().count == 40
        """
    )

    # In a process of its own: pytester forgets what was imported meanwhile, and pydantic cannot be imported twice.
    result = pytester.runpytest_subprocess("--isc-base-url", server.url)

    result.assert_outcomes(passed=1)


def test_the_marker_isc_scenario_chooses_where_the_tenant_starts(run: Run) -> None:
    result = run(
        """
        import pytest

        @pytest.mark.isc_scenario("empty")
        class TestEmpty:
            def test_of_the_class(self, isc_client):
                assert isc_client.get("/v2025/work-items").json() == []

            @pytest.mark.isc_scenario("leaver")
            def test_the_nearest_one_counts(self, isc, isc_client):
                assert isc_client.get("/v2025/work-items").json() != []
                isc.scenario("empty")
                isc.reset()
                assert isc_client.get("/v2025/work-items").json() == []
        """
    )

    result.assert_outcomes(passed=2)


def test_an_unknown_scenario_is_an_error_that_names_it(run: Run) -> None:
    result = run(
        """
        import pytest

        @pytest.mark.isc_scenario("nowhere")
        def test_it(isc):
            pass
        """
    )

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*there is no scenario 'nowhere'*leaver*"])


def test_the_marker_isc_level_chooses_who_the_client_and_the_variables_are(run: Run) -> None:
    result = run(
        """
        import pytest

        @pytest.mark.isc_level("HELPDESK")
        def test_it(isc, isc_client, isc_env):
            isc.add(type="Generic", owner="pia.ostrander", description="Call back.")
            assert isc_client.get("/v2025/work-items/summary").json()["open"] == 1
            assert isc_env["SAIL_CLIENT_ID"] == isc.credentials["HELPDESK"][0]

        @pytest.mark.isc_level("NONE")
        def test_somebody_without_any(isc_client):
            assert isc_client.get("/v2025/task-status").status_code == 403
        """
    )

    result.assert_outcomes(passed=2)


FAILING = """
def test_it(isc_client):
    isc_client.get("/v2025/work-items", params={"colour": "red"})
    assert isc_client.get("/v2025/work-items/1/complete").json() == 1
"""


def test_the_report_of_a_failing_test_shows_its_tenants_journal_oldest_first(run: Run) -> None:
    result = run(FAILING)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*isc-mock journal*",
            "POST /oauth/token → 200 |*",
            "GET /v2025/work-items?colour=red → 200 | ignored query.colour |*",
            "GET /v2025/work-items/1/complete → 404 | near miss: POST /v2025/work-items/{id} |*",
        ]
    )


def test_the_report_of_a_failing_test_shows_no_secret(run: Run) -> None:
    result = run(FAILING)

    assert not SECRET.search(result.stdout.str())


def test_nor_does_the_report_of_one_that_has_the_variables(run: Run) -> None:
    """pytest prints what a failing test was given."""
    result = run("def test_it(isc, isc_env): assert False")

    result.assert_outcomes(failed=1)
    assert not SECRET.search(result.stdout.str())


def test_a_report_without_a_tenant_or_a_failure_has_no_journal(run: Run) -> None:
    result = run(
        """
        def test_good(isc_client):
            isc_client.get("/v2025/work-items")

        def test_bad():
            assert False
        """,
        "-rA",
    )

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.no_fnmatch_line("*isc-mock journal*")


def test_a_failing_test_whose_tenant_is_gone_is_reported_as_any_other(run: Run) -> None:
    result = run(
        """
        def test_bad(isc):
            isc.control("DELETE", f"/tenants/{isc.tenant}")
            assert False

        def test_next():
            pass
        """
    )

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


def test_a_fake_that_runs_already_is_used_and_no_other_is_started(pytester: pytest.Pytester, server: Running) -> None:
    pytester.makepyfile(
        f"""
        import sys

        def test_it(isc_server, isc):
            assert isc_server == isc.url == "{server.url}"
            assert "mock_server.app" not in sys.modules
        """
    )

    result = pytester.runpytest_subprocess("--isc-base-url", f"{server.url}/")

    result.assert_outcomes(passed=1)


def test_without_one_the_session_has_its_own(pytester: pytest.Pytester, server: Running) -> None:
    pytester.makepyfile(
        f"""
        addresses = set()

        def test_one(isc_server, isc):
            assert isc_server.startswith("http://127.0.0.1:") and isc_server != "{server.url}"
            addresses.add(isc_server)

        def test_other(isc_server, isc):
            assert addresses == {{isc_server}}
        """
    )

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(passed=2)


def test_a_fake_with_a_control_token_is_used_with_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(isc, isc_client): assert isc_client.get('/v2025/work-items/count').json() == {'count': 40}")

    with running(Settings(control_token="open sesame")) as server:
        without = pytester.runpytest_inprocess("--isc-base-url", server.url)
        with_it = pytester.runpytest_inprocess("--isc-base-url", server.url, "--isc-control-token", "open sesame")

    without.assert_outcomes(errors=1)
    with_it.assert_outcomes(passed=1)


def test_a_run_that_does_not_use_the_plugin_imports_nothing_of_the_fake(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_trivial():
            ours = {name for name in sys.modules if name.split(".")[0] in ("mock_server", "connexion")}
            assert ours == {"mock_server", "mock_server.pytest_plugin"}
        """
    )

    result = pytester.runpytest_subprocess()

    result.assert_outcomes(passed=1)


def test_the_plugin_is_loaded_in_less_than_50_milliseconds() -> None:
    command = [sys.executable, "-X", "importtime", "-c", "import pytest, mock_server.pytest_plugin"]

    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr

    microseconds = [int(line.split("|")[1]) for line in told.splitlines() if line.split("|")[-1].strip().startswith("mock_server")]
    assert len(microseconds) == 2  # the package and the plugin
    assert sum(microseconds) < 50_000


def test_200_tests_of_8_workers_on_one_fake_never_meet(pytester: pytest.Pytester, server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine processes: without plugins that have nothing to do here, a tenth of the time."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    before = tenants(server)
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("number", range(200))
        def test_alone(number, isc, isc_client):
            isc.add(type="Generic", description=f"Of test {number}.")
            added = [item["description"] for item in isc_client.get("/v2025/work-items", params={"offset": 40}).json()]
            assert added == [f"Of test {number}."]
        """
    )

    result = pytester.runpytest_subprocess("-p", "xdist", "-p", "mock_server.pytest_plugin", "-n", "8", "--isc-base-url", server.url)

    result.assert_outcomes(passed=200)
    assert tenants(server) == before


def test_it_runs_without_pytest() -> None:
    with mock_server.running(scenario="leaver", level="HELPDESK") as isc, isc.client() as client:
        inactive = [person["name"] for person in isc.state()["identities"] if not person["active"]]

        assert "dario.penn" in inactive
        assert client.get("/v2025/work-items/summary").json()["open"] == 0


def test_without_pytest_the_address_is_free_when_the_block_ends() -> None:
    with mock_server.running() as isc:
        httpx.get(f"{isc.url}/_mock/health").raise_for_status()

    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{isc.url}/_mock/health")


def test_without_pytest_a_scenario_that_is_not_there_raises_setup_error() -> None:
    with pytest.raises(SetupError, match="there is no scenario 'nowhere'"), mock_server.running(scenario="nowhere"):
        pass


def test_the_report_of_a_fixture_that_fails_shows_the_journal_too(run: Run) -> None:
    result = run(
        """
        import pytest

        @pytest.fixture
        def prepared(isc_client):
            isc_client.get("/v2025/work-items/summary")
            assert False

        def test_it(prepared): pass
        """
    )

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*isc-mock journal*", "GET /v2025/work-items/summary*200*"])


def test_a_level_that_nobody_has_is_told_with_those_that_there_are(run: Run) -> None:
    result = run(
        """
        import pytest

        @pytest.mark.isc_level("KING")
        def test_it(isc): pass
        """
    )

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*nobody has the level KING; there are: ORG_ADMIN, *NONE*"])


def test_a_marker_without_its_argument_is_told(run: Run) -> None:
    result = run(
        """
        import pytest

        @pytest.mark.isc_level
        def test_it(isc): pass
        """
    )

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*the marker isc_level takes one argument*"])


def test_an_exception_tells_the_first_mistakes_and_how_many_more_there_are() -> None:
    with mock_server.running() as isc, pytest.raises(httpx.HTTPStatusError) as caught:
        isc.replace_state({"work-items": [{"id": str(number)} for number in range(100)]})

    lines = str(caught.value).splitlines()
    assert lines[0].startswith("400: ")
    assert len(lines) == 11
    assert lines[-1].startswith("and ")
