"""Filters of task status: per version what is supported works, and what is not is refused with a hint."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
import pytest

from contract_tests.conftest import Connect
from contract_tests.support import envelope, tasks
from contract_tests.support.client import Client, Json, operations

EVERY_OPERATOR = ("eq", "ne", "gt", "ge", "lt", "le", "co", "sw", "in", "ca", "pr", "isnull")

FIELDS: dict[str, tuple[str, ...]] = {"id": ("eq", "in"), "sourceId": ("eq", "in"), "completionStatus": ("eq", "in"), "type": ("eq", "in")}
WITH_ISNULL = {**FIELDS, "completionStatus": ("eq", "in", "isnull")}
WITH_LAUNCHER = {**WITH_ISNULL, "launcher": ("eq", "in")}
SUPPORTED: dict[str, dict[str, tuple[str, ...]]] = {
    "beta": FIELDS,
    "v2024": FIELDS,
    "v2025": WITH_ISNULL,
    "v2026": WITH_LAUNCHER,
    "v1": WITH_LAUNCHER,
}
"""The vendor's table: version → field → operators."""

COMMON_TYPES = (
    "CLOUD_ACCOUNT_AGGREGATION",
    "CLOUD_GROUP_AGGREGATION",
    "CLOUD_PROCESS_UNCORRELATED_ACCOUNTS",
    "CLOUD_REFRESH_ROLE",
    "SOURCE_APPLICATION_DISCOVERY",
    "AI_AGENT_AGGREGATION",
    "APPLICATION_DISCOVERY",
    "MACHINE_IDENTITY_AGGREGATION",
    "MACHINE_IDENTITY_DELETION",
    "ACCOUNT_DELETION",
)
LATER_TYPES = (
    "CLOUD_ENTITLEMENT_IMPORT",
    "CLOUD_UNCORRELATED_REFRESH",
    "CLOUD_IDENTITY_AGGREGATION",
    "CLOUD_ATTRIBUTE_SYNCHRONIZATION",
    "IDENTITY_REFRESH",
)
WITH_LATER_TYPES = ("v2026", "v1")
TYPES = {version: COMMON_TYPES + (LATER_TYPES if version in WITH_LATER_TYPES else ()) for version in tasks.WITH_TASKS}
"""The constants of the filter `type`; beta and v2024 publish none, and those of v2025 are taken to hold."""

every_version = pytest.mark.parametrize("version", tasks.WITH_TASKS)
every_field = pytest.mark.parametrize(("version", "field"), [(version, field) for version, fields in SUPPORTED.items() for field in fields])


@every_field
def test_eq_finds_exactly_the_tasks_with_that_value(connect: Connect, version: str, field: str) -> None:
    isc = connect(version)
    listed = _everything(isc)
    wanted = _values(listed, field, version)[0]

    found = [task["id"] for task in isc.get("getTaskStatusList", filters=f'{field} eq "{wanted}"')]

    assert found
    assert found == [task["id"] for task in listed if _value(task, field) == wanted]


@every_field
def test_in_finds_exactly_the_tasks_with_one_of_the_values(connect: Connect, version: str, field: str) -> None:
    isc = connect(version)
    listed = _everything(isc)
    one, other = _values(listed, field, version)[:2]

    found = _found(isc, f'{field} in ("{one}", "{other}")')

    assert len({_value(task, field) for task in listed if task["id"] in found}) == 2
    assert found == [task["id"] for task in listed if _value(task, field) in (one, other)]


@pytest.mark.parametrize("version", tasks.ALL)
def test_isnull_finds_exactly_the_running_tasks(connect: Connect, version: str) -> None:
    isc = connect(version)
    listed = _everything(isc)

    found = [task["id"] for task in isc.get("getTaskStatusList", filters="completionStatus isnull")]

    assert found
    assert found == [task["id"] for task in listed if task["completionStatus"] is None]


@pytest.mark.parametrize("version", tasks.ALL)
def test_what_runs_on_one_source_is_found_before_a_launch(connect: Connect, version: str) -> None:
    isc = connect(version)
    listed = _everything(isc)
    source = next(_value(task, "sourceId") for task in tasks.pending(isc) if _value(task, "sourceId"))

    found = _found(isc, f'sourceId eq "{source}" and completionStatus isnull')

    assert found
    assert found == [task["id"] for task in listed if _value(task, "sourceId") == source and task["completionStatus"] is None]


@every_version
def test_the_run_history_of_a_source_is_found_newest_first(connect: Connect, version: str) -> None:
    isc = connect(version)
    listed = _everything(isc)
    source = _source(listed, "Active Directory")
    expression = f'sourceId eq "{source}" and type in ("CLOUD_ACCOUNT_AGGREGATION")'

    history = isc.get("getTaskStatusList", filters=expression, limit=10, sorters="-created")

    assert [task["id"] for task in history] == [
        task["id"]
        for task in listed
        if _value(task, "sourceId") == source and task["taskDefinitionSummary"]["uniqueName"] == "Cloud Account Aggregation"
    ][:10]
    assert len(history) == 10


@every_version
def test_count_counts_what_the_filter_finds(connect: Connect, version: str) -> None:
    isc = connect(version)
    failed = [task for task in _everything(isc) if task["completionStatus"] == "ERROR"]

    answer = isc.send("getTaskStatusList", filters='completionStatus eq "ERROR"', count=True, limit=1, sorters="-created")

    assert answer.headers["X-Total-Count"] == str(len(failed))
    assert [task["id"] for task in answer.json()] == [failed[0]["id"]]


@every_version
def test_the_sorter_orders_what_the_filter_finds(connect: Connect, version: str) -> None:
    isc = connect(version)
    newest_first = _found(isc, 'completionStatus in ("ERROR", "WARNING")')

    oldest_first = isc.get("getTaskStatusList", filters='completionStatus in ("ERROR", "WARNING")', sorters="created")

    assert [task["id"] for task in oldest_first] == newest_first[::-1]


def _has(status: str) -> Callable[[Json], bool]:
    return lambda task: task["completionStatus"] == status


def _is_on(source: str) -> Callable[[Json], bool]:
    return lambda task: (task.get("target") or {}).get("name") == f"{source} [source]"


ERROR, WARNING = _has("ERROR"), _has("WARNING")
AD, CRM = _is_on("Active Directory"), _is_on("Salesdesk CRM")

COMPOSITES: dict[str, Callable[[Json], bool]] = {
    "ERROR and AD": lambda task: ERROR(task) and AD(task),
    "ERROR or AD": lambda task: ERROR(task) or AD(task),
    "not ERROR": lambda task: not ERROR(task),
    "not not ERROR": ERROR,
    "ERROR or WARNING and AD": lambda task: ERROR(task) or (WARNING(task) and AD(task)),
    "(ERROR or WARNING) and AD": lambda task: (ERROR(task) or WARNING(task)) and AD(task),
    "AD and WARNING or ERROR": lambda task: (AD(task) and WARNING(task)) or ERROR(task),
    "not ERROR and AD": lambda task: not ERROR(task) and AD(task),
    "not (ERROR and AD)": lambda task: not (ERROR(task) and AD(task)),
    "not ERROR or CRM": lambda task: not ERROR(task) or CRM(task),
    "not (AD or CRM) and not ERROR": lambda task: not (AD(task) or CRM(task)) and not ERROR(task),
    "ERROR and AD and CRM": lambda task: AD(task) and CRM(task),
    "((ERROR)) or (AD and (WARNING or (CRM)))": lambda task: ERROR(task) or (AD(task) and WARNING(task)),
}
"""Expression, with names for comparisons, and what it means."""


@every_version
def test_not_binds_before_and_and_before_or(connect: Connect, version: str) -> None:
    isc = connect(version)
    listed = _everything(isc)
    comparisons = {
        "ERROR": 'completionStatus eq "error"',
        "WARNING": 'completionStatus eq "warning"',
        "AD": f'sourceId eq "{_source(listed, "Active Directory")}"',
        "CRM": f'sourceId eq "{_source(listed, "Salesdesk CRM")}"',
    }

    found = {composite: _found(isc, re.sub("[A-Z]+", lambda name: comparisons[name[0]], composite)) for composite in COMPOSITES}

    assert found == {composite: [task["id"] for task in listed if meant(task)] for composite, meant in COMPOSITES.items()}


SPACED = (
    'completionStatus eq"ERROR"',
    '  completionStatus   eq   "ERROR"  ',
    'completionStatus\teq\n"ERROR"',
    '(completionStatus eq "ERROR")',
    'completionStatus in("ERROR")',
    'completionStatus in ( "ERROR" )',
    'completionStatus in ("ERROR","ERROR")',
    'completionStatus eq"ERROR"and not(completionStatus in("SUCCESS","WARNING"))',
)


@every_version
def test_spaces_are_free_where_nothing_else_would_do(connect: Connect, version: str) -> None:
    isc = connect(version)
    failed = [task["id"] for task in _everything(isc) if task["completionStatus"] == "ERROR"]

    found = {expression: _found(isc, expression) for expression in SPACED}

    assert found == dict.fromkeys(SPACED, failed)


SPELLINGS = (str.lower, str.upper, str.title, str.swapcase)


@every_version
def test_the_casing_of_a_value_is_ignored(connect: Connect, version: str) -> None:
    isc = connect(version)
    listed = _everything(isc)
    wanted = {
        field: next(value for value in _values(listed, field, version) if value.upper() != value.lower()) for field in SUPPORTED[version]
    }

    found = {field: [_found(isc, f'{field} eq "{spell(value)}"') for spell in SPELLINGS] for field, value in wanted.items()}

    assert all(found.values())
    assert found == {
        field: [[task["id"] for task in listed if _value(task, field) == value]] * len(SPELLINGS) for field, value in wanted.items()
    }


@every_version
@pytest.mark.parametrize("space", ["%20", "+"])
def test_a_space_may_be_sent_as_a_plus_or_encoded(connect: Connect, version: str, space: str) -> None:
    isc = connect(version)

    answer = isc.http.get(f"{_path(isc)}?filters=completionStatus{space}eq{space}%22ERROR%22")

    assert [task["id"] for task in answer.json()] == _found(isc, 'completionStatus eq "ERROR"')


@every_version
def test_quotes_and_backslashes_are_escaped_inside_strings(connect: Connect, version: str) -> None:
    isc = connect(version)

    found = _found(isc, r'id eq "a \"quoted\" word and a \\" or completionStatus eq "ERROR"')

    assert found == _found(isc, 'completionStatus eq "ERROR"')


@every_version
def test_operators_and_parentheses_inside_strings_are_text(connect: Connect, version: str) -> None:
    isc = connect(version)

    assert _found(isc, 'id eq ") or not (completionStatus isnull"') == []


@every_version
def test_each_published_type_is_accepted(connect: Connect, version: str) -> None:
    isc = connect(version)

    statuses = {constant: _asked(isc, f'type eq "{constant}"').status_code for constant in TYPES[version]}

    assert statuses == dict.fromkeys(TYPES[version], 200)


@every_version
def test_a_type_finds_the_tasks_of_the_definition_with_that_name(connect: Connect, version: str) -> None:
    isc = connect(version)

    found = isc.get("getTaskStatusList", filters='type eq "CLOUD_GROUP_AGGREGATION"')

    assert len({task["uniqueName"] for task in found}) > 1
    assert {task["taskDefinitionSummary"]["uniqueName"] for task in found} == {"Cloud Group Aggregation"}


@every_version
def test_the_values_of_the_field_type_are_refused_in_the_words_of_the_service(connect: Connect, version: str) -> None:
    isc = connect(version)

    answer = isc.send("getTaskStatusList", filters='type eq "QUARTZ"')

    assert answer.status_code == 400
    assert envelope.code(answer) == "400.1.3"
    assert "Error converting Enumerated string (type) value (QUARTZ)" in envelope.text(answer)


@pytest.mark.parametrize("version", [version for version in tasks.WITH_TASKS if version not in WITH_LATER_TYPES])
def test_a_type_of_a_later_version_is_refused(connect: Connect, version: str) -> None:
    isc = connect(version)

    answers = {constant: _asked(isc, f'type in ("CLOUD_REFRESH_ROLE", "{constant}")') for constant in LATER_TYPES}

    assert {constant: answer.status_code for constant, answer in answers.items()} == dict.fromkeys(LATER_TYPES, 400)
    assert all(constant in envelope.text(answer) for constant, answer in answers.items())


@every_version
def test_the_refusal_of_a_type_says_which_are_supported(connect: Connect, version: str) -> None:
    isc = connect(version)

    answer = isc.send("getTaskStatusList", filters='type eq "CLOUD_COFFEE"')

    assert [constant for constant in TYPES[version] if constant not in envelope.text(answer)] == []


@every_version
def test_an_unsupported_field_is_refused_with_its_name_and_what_is_supported(connect: Connect, version: str) -> None:
    isc = connect(version)
    fields = {"created", "uniqueName", "target.id", "percentComplete", "ID", "launcher"} - SUPPORTED[version].keys()

    answers = {field: isc.send("getTaskStatusList", filters=f'{field} eq "x"') for field in fields}

    assert {(answer.status_code, envelope.code(answer)) for answer in answers.values()} == {(400, "400.1.3")}
    for field, answer in answers.items():
        assert f'"{field}"' in envelope.text(answer)
        assert f"supported: {', '.join(SUPPORTED[version])}." in envelope.text(answer)


@every_version
def test_each_unsupported_operator_is_refused_with_its_name_and_what_is_supported(connect: Connect, version: str) -> None:
    isc = connect(version)
    unsupported = [
        (field, operator) for field, supported in SUPPORTED[version].items() for operator in EVERY_OPERATOR if operator not in supported
    ]

    answers = {(field, operator): _asked(isc, _comparison(field, operator)) for field, operator in unsupported}

    assert {key: answer.status_code for key, answer in answers.items()} == dict.fromkeys(unsupported, 400)
    for (field, operator), answer in answers.items():
        assert f'"{operator}"' in envelope.text(answer)
        assert f'"{field}"' in envelope.text(answer)
        assert f"supported: {', '.join(SUPPORTED[version][field])}." in envelope.text(answer)


@every_version
def test_one_unsupported_comparison_in_a_composite_is_refused(connect: Connect, version: str) -> None:
    isc = connect(version)

    answer = isc.send("getTaskStatusList", filters='completionStatus eq "ERROR" or not (id eq "x" and name eq "y")')

    assert answer.status_code == 400
    assert '"name"' in envelope.text(answer)


NONSENSE = (
    "completionStatus",
    "completionStatus eq",
    'eq "ERROR"',
    '"ERROR" eq completionStatus',
    'completionStatus EQ "ERROR"',
    'completionStatus = "ERROR"',
    "completionStatus eq ERROR",
    "completionStatus eq 'ERROR'",
    'completionStatus eq "ERROR',
    'completionStatus eq "ERROR\\"',
    'completionStatus eq "ERR\\OR"',
    'completionStatus eq ("ERROR")',
    'completionStatus eq "ERROR" "WARNING"',
    "completionStatus in ()",
    'completionStatus in "ERROR"',
    'completionStatus in ("ERROR",)',
    'completionStatus in ("ERROR" "WARNING")',
    'completionStatus in ("ERROR"',
    "isnull completionStatus",
    "id pr",
    'completionStatus eq "ERROR" and',
    'and completionStatus eq "ERROR"',
    'completionStatus eq "ERROR" AND id eq "x"',
    'completionStatus eq "ERROR" id eq "x"',
    'completionStatus eq "ERROR" and or id eq "x"',
    "not",
    '(completionStatus eq "ERROR"',
    'completionStatus eq "ERROR")',
    "()",
    'completionStatus eq "ERROR";',
    "\x00",
    "é",
)


@every_version
def test_what_the_grammar_does_not_know_is_refused(connect: Connect, version: str) -> None:
    isc = connect(version)

    answers = {expression: _asked(isc, expression) for expression in NONSENSE}

    assert {expression: answer.status_code for expression, answer in answers.items()} == dict.fromkeys(NONSENSE, 400)
    assert {envelope.code(answer) for answer in answers.values()} == {"400.1.3"}
    assert all('"filters"' in envelope.text(answer) for answer in answers.values())


@every_version
def test_text_is_not_compared_with_something_else(connect: Connect, version: str) -> None:
    isc = connect(version)

    answers = [_asked(isc, f"completionStatus eq {value}") for value in ("5", "true", "2026-03-02T08:15:30Z")]

    assert [answer.status_code for answer in answers] == [400, 400, 400]
    assert all('"completionStatus"' in envelope.text(answer) for answer in answers)


@every_version
def test_an_empty_filter_is_ignored(connect: Connect, version: str) -> None:
    isc = connect(version)
    everything = [task["id"] for task in _everything(isc)]

    found = [_found(isc, empty) for empty in ("", " ", "\t \n")]

    assert everything
    assert found == [everything] * 3


def _everything(isc: Client) -> list[Json]:
    """All that the list holds, unfiltered and, for speed, unjudged: test_task_status.py has that judged."""
    listed: list[Json] = isc.http.get(_path(isc)).json()
    return listed


def _path(isc: Client) -> str:
    return isc.base_path + operations(isc.version)["getTaskStatusList"].path


def _found(isc: Client, expression: str) -> list[str]:
    answer = _asked(isc, expression)
    assert answer.status_code == 200, answer.text
    return [task["id"] for task in answer.json()]


def _asked(isc: Client, expression: str) -> httpx.Response:
    """Unjudged, as above."""
    return isc.http.get(_path(isc), params={"filters": expression})


def _value(task: Json, field: str) -> str | None:
    """What the filter's field looks at."""
    target = task.get("target") or {}
    values: dict[str, str | None] = {
        "id": task["id"],
        "sourceId": target.get("id") if target.get("type") == "APPLICATION" else None,
        "completionStatus": task["completionStatus"],
        "type": task["taskDefinitionSummary"]["uniqueName"].upper().replace(" ", "_"),
        "launcher": task["launcher"],
    }
    return values[field]


def _values(listed: list[Json], field: str, version: str) -> list[str]:
    """The different values that a filter may name, in order of appearance."""
    values = dict.fromkeys(value for task in listed if (value := _value(task, field)) is not None)
    return [value for value in values if field != "type" or value in TYPES[version]]


def _source(listed: list[Json], name: str) -> str:
    found = next(_value(task, "sourceId") for task in listed if (task.get("target") or {}).get("name") == f"{name} [source]")
    assert found is not None
    return found


def _comparison(field: str, operator: str) -> str:
    """Well-formed, whether it is supported or not."""
    match operator:
        case "isnull":
            return f"{field} isnull"
        case "pr":
            return f"pr {field}"
        case "in" | "ca":
            return f'{field} {operator} ("CLOUD_REFRESH_ROLE", "x")'
        case _:
            return f'{field} {operator} "CLOUD_REFRESH_ROLE"'
