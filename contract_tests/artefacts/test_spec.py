"""The six documents are sound OpenAPI, and say what the vendor publishes. The tables were written by hand, independent of spec/."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator

from contract_tests.support.client import operations
from mock_server import contract
from mock_server.contract import VERSIONS, Document

every_version = pytest.mark.parametrize("version", VERSIONS)
every_overlay = pytest.mark.parametrize("version", [version for version in VERSIONS if version != "v2024"])


class Fact(NamedTuple):
    """Lists are words in a string. `takes`: `?` marks what may be left out. `answers`: the body of a 200, `-` if there is none."""

    method: str
    path: str
    takes: str
    statuses: str
    answers: str


USUAL = "200 400 401 403 404 429 500"
WITHOUT_400 = "200 401 403 404 429 500"
WITH_204 = "200 204 400 401 403 429 500"

OPERATIONS = {
    "listWorkItems": Fact("GET", "/work-items", "limit? offset? count? ownerId?", WITHOUT_400, "[WorkItems]"),
    "getCompletedWorkItems": Fact("GET", "/work-items/completed", "ownerId? limit? offset? count?", WITHOUT_400, "[WorkItems]"),
    "getCountWorkItems": Fact("GET", "/work-items/count", "ownerId?", WITHOUT_400, "WorkItemsCount"),
    "getCountCompletedWorkItems": Fact("GET", "/work-items/completed/count", "ownerId?", "200 400 403 404", "WorkItemsCount"),
    "getWorkItemsSummary": Fact("GET", "/work-items/summary", "ownerId?", WITHOUT_400, "WorkItemsSummary"),
    "getWorkItem": Fact("GET", "/work-items/{id}", "id", WITHOUT_400, "WorkItems"),
    "completeWorkItem": Fact("POST", "/work-items/{id}", "id body?", USUAL, "WorkItems"),
    "forwardWorkItem": Fact("POST", "/work-items/{id}/forward", "id body", "200 400 401 403 429 500", "-"),
    "approveApprovalItem": Fact("POST", "/work-items/{id}/approve/{approvalItemId}", "id approvalItemId", USUAL, "WorkItems"),
    "rejectApprovalItem": Fact("POST", "/work-items/{id}/reject/{approvalItemId}", "id approvalItemId", USUAL, "WorkItems"),
    "approveApprovalItemsInBulk": Fact("POST", "/work-items/bulk-approve/{id}", "id", USUAL, "WorkItems"),
    "rejectApprovalItemsInBulk": Fact("POST", "/work-items/bulk-reject/{id}", "id", USUAL, "WorkItems"),
    "submitAccountSelection": Fact("POST", "/work-items/{id}/submit-account-selection", "id body", USUAL, "WorkItems"),
    "getTaskStatusList": Fact("GET", "/task-status", "limit? offset? count? filters? sorters?", USUAL, "[TaskStatus]"),
    "getTaskStatus": Fact("GET", "/task-status/{id}", "id", USUAL, "TaskStatus"),
    "updateTaskStatus": Fact("PATCH", "/task-status/{id}", "id body", USUAL, "TaskStatus"),
    "getPendingTasks": Fact("GET", "/task-status/pending-tasks", "offset? limit? count?", WITH_204, "[TaskStatus]"),
    "getPendingTaskHeaders": Fact("HEAD", "/task-status/pending-tasks", "offset? limit? count?", WITH_204, "-"),
}
"""As v2024 has them, statuses as the vendor lists them."""

ELSEWHERE = {
    ("beta", "listWorkItems"): {"statuses": USUAL},
    ("beta", "getCompletedWorkItems"): {"statuses": USUAL},
    ("beta", "getCountWorkItems"): {"statuses": USUAL},
    ("beta", "getCountCompletedWorkItems"): {"takes": "ownerId? limit? offset?", "statuses": USUAL, "answers": "[WorkItemsCount]"},
    ("beta", "getWorkItemsSummary"): {"statuses": USUAL},
    ("beta", "getWorkItem"): {"takes": "id ownerId?", "statuses": USUAL},
    ("v3", "getCountCompletedWorkItems"): {"statuses": WITHOUT_400},
    ("v3", "getWorkItem"): {"statuses": USUAL},
}
"""What other versions have otherwise."""

ADDED = {
    "listWorkItems": "400",
    "getCompletedWorkItems": "400",
    "getCountWorkItems": "400",
    "getCountCompletedWorkItems": "400 401 429 500",
    "getWorkItemsSummary": "400",
    "getWorkItem": "400",
    "completeWorkItem": "413 415",
    "forwardWorkItem": "404 413 415",
    "submitAccountSelection": "413 415",
    "updateTaskStatus": "413 415",
}
"""Statuses that the vendor leaves out, where it does, and that the service must be able to answer."""

PENDING = ("getPendingTasks", "getPendingTaskHeaders")
TASKS = ("getTaskStatusList", "getTaskStatus", "updateTaskStatus", *PENDING)
LACKING = {"v3": TASKS, "v2026": PENDING, "v1": PENDING}
OTHER_NAMES = {("beta", "forwardWorkItem"): "submitForwardWorkItem", ("v3", "forwardWorkItem"): "sendWorkItemForward"}
COLLECTIONS = {"listWorkItems", "getCompletedWorkItems", "getTaskStatusList", *PENDING}
ONCE_EXPERIMENTAL = {"forwardWorkItem", "getCountCompletedWorkItems"}
WITHDRAWN = {"v2026": ["/task-status/pending-tasks"], "v1": ["/task-status/v1/pending-tasks"]}

PARAMETERS = {
    "limit": {"type": "integer", "format": "int32", "minimum": 0, "maximum": 250, "default": 250},
    "offset": {"type": "integer", "format": "int32", "minimum": 0, "default": 0},
    "count": {"type": "boolean", "default": False},
    "ownerId": {"type": "string"},
    "id": {"type": "string", "minLength": 1},
    "approvalItemId": {"type": "string", "minLength": 1},
    "filters": {"type": "string", "format": "isc-filters", "minLength": 0},
    "sorters": {"type": "string", "format": "isc-sorters", "minLength": 0},
    "X-SailPoint-Experimental": {"type": "string"},
}

LEVELS = ["ORG_ADMIN", "HELPDESK", "CERT_ADMIN", "REPORT_ADMIN", "ROLE_ADMIN", "ROLE_SUBADMIN", "SOURCE_ADMIN", "SOURCE_SUBADMIN"]
FORWARDERS = ["ORG_ADMIN", "REPORT_ADMIN", "ROLE_ADMIN", "ROLE_SUBADMIN", "SOURCE_ADMIN", "SOURCE_SUBADMIN"]
READ, WRITE = "idn:task-management:read", "idn:task-management:write"

CONSTANTS_OF_2025 = """CLOUD_ACCOUNT_AGGREGATION CLOUD_GROUP_AGGREGATION CLOUD_PROCESS_UNCORRELATED_ACCOUNTS CLOUD_REFRESH_ROLE
    SOURCE_APPLICATION_DISCOVERY AI_AGENT_AGGREGATION APPLICATION_DISCOVERY MACHINE_IDENTITY_AGGREGATION MACHINE_IDENTITY_DELETION
    ACCOUNT_DELETION"""
CONSTANTS_OF_2026 = f"""{CONSTANTS_OF_2025} CLOUD_ENTITLEMENT_IMPORT CLOUD_UNCORRELATED_REFRESH CLOUD_IDENTITY_AGGREGATION
    CLOUD_ATTRIBUTE_SYNCHRONIZATION IDENTITY_REFRESH"""

FILTERS_OF_2024 = {"id": ["eq", "in"], "sourceId": ["eq", "in"], "completionStatus": ["eq", "in"], "type": ["eq", "in"]}
FILTERS_OF_2025 = {**FILTERS_OF_2024, "completionStatus": ["eq", "in", "isnull"]}
FILTERS_OF_2026 = {**FILTERS_OF_2025, "launcher": ["eq", "in"]}
FILTERS = {
    "beta": (FILTERS_OF_2024, CONSTANTS_OF_2025, "completed"),
    "v2024": (FILTERS_OF_2024, CONSTANTS_OF_2025, "completed"),
    "v2025": (FILTERS_OF_2025, CONSTANTS_OF_2025, "all"),
    "v2026": (FILTERS_OF_2026, CONSTANTS_OF_2026, "all"),
    "v1": (FILTERS_OF_2026, CONSTANTS_OF_2026, "all"),
}
"""Operators of each field, constants of `type` (of which beta and v2024 publish none), and which tasks the list holds."""

STATES = "Finished Rejected Returned Expired Pending Canceled"
TYPES = """Generic Certification Remediation Delegation Approval ViolationReview Form Challenge ImpactAnalysis Signoff Event
    ManualAction Test"""
MISPRINTED = ("v3", "v2025", "v2026", "v1")
COMPLETION_STATUSES = "SUCCESS WARNING ERROR TERMINATED TEMPERROR"
PATCHES = "add remove replace move copy test"

OF_TASKS = "TaskStatus Target TaskStatusMessage LocalizedMessage TaskReturnDetails TaskDefinitionSummary JsonPatchOperation"

MODELS = {
    "WorkItems": """id:string requesterId:string? requesterDisplayName:string? ownerId:string? ownerName:string created:date-time
        modified:date-time? description:string state:WorkItemState type:WorkItemType remediationItems:[RemediationItemDetails]?
        approvalItems:[ApprovalItemDetails]? name:string? completed:date-time? numItems:int32? form:FormDetails? errors:[string]""",
    "ApprovalItemDetails": "id:string account:string? application:string name:string? operation:string value:string? state:string?",
    "RemediationItemDetails": """id:string targetId:string targetName:string targetDisplayName:string applicationName:string
        attributeName:string attributeOperation:string attributeValue:string nativeIdentity:string""",
    "FormDetails": "id:string? name:string? title:string? subtitle:string? targetUser:string sections:[SectionDetails]",
    "SectionDetails": "name:string? label:string? formItems:[FieldDetails|SectionDetails]",
    # displayType, allowedValuesList and value as a real form has them
    "FieldDetails": """name:string? displayName:string displayType:string? required:boolean allowedValuesList:[object]?
        value:string|object?""",
    "WorkItemsCount": "count:integer",
    "WorkItemsSummary": "open:integer completed:integer total:integer",
    "WorkItemForward": "targetOwnerId*:string comment*:string sendNotifications:boolean=true",
    "TaskStatus": """id*:string type*:string uniqueName*:string description*:string parentName*:string? launcher*:string target:Target?
        created*:date-time modified*:date-time? launched*:date-time? completed*:date-time? completionStatus*:string?
        messages*:[TaskStatusMessage] returns*:[TaskReturnDetails] attributes*:object progress*:string? percentComplete*:integer
        taskDefinitionSummary:TaskDefinitionSummary""",
    "Target": "id:string type:string? name:string",
    "TaskStatusMessage": "type*:string localizedText*:LocalizedMessage? key*:string parameters*:[object|string]?",
    "LocalizedMessage": "locale*:string message*:string",
    "TaskReturnDetails": "name*:string attributeName*:string",
    "TaskDefinitionSummary": """id*:string uniqueName*:string description*:string? parentName*:string executor*:string?
        arguments*:object""",
    # from, and null as a value, as RFC 6902 has them
    "JsonPatchOperation": """op*:string path*:string from:string
        value:string|boolean|integer|object|[string|integer|object]?""",
    "ErrorResponseDto": "detailCode:string trackingId:string messages:[ErrorMessageDto] causes:[ErrorMessageDto]",
    "ErrorMessageDto": "locale:string? localeOrigin:string? text:string",
    "UnauthorizedError": "error:any",
    "TooManyRequestsError": "message:any",
}
"""`*` marks what is required, `?` what may be null, `=` what it is by default."""

MODELS_ELSEWHERE = {
    ("beta", "WorkItems"): ("state:WorkItemState", "state:WorkItemState?"),
    ("beta", "SectionDetails"): ("name:string? label:string?", "name:string label:string"),
    ("v3", "SectionDetails"): ("name:string? label:string?", "name:string label:string"),
    ("v2026", "TaskStatus"): ("percentComplete*:integer", "percentComplete*:int32"),
    ("v1", "TaskStatus"): ("percentComplete*:integer", "percentComplete*:int32"),
}

EVIDENCE = "documented observed assumed"
EXTENSIONS = """x-isc-administrators x-isc-corrected x-isc-evidence x-isc-experimental x-isc-filters x-isc-holds x-isc-sorters
    x-isc-undocumented x-isc-withdrawn x-sailpoint-userLevels"""


@pytest.mark.parametrize("name", [*VERSIONS, "oauth", "control"])
def test_a_document_passes_the_validator_of_openapi(name: str) -> None:
    document = contract.compose(name) if name in VERSIONS else contract.load(f"{name}.yaml")

    assert [error.message for error in OpenAPIV30SpecValidator(document).iter_errors()] == []


@every_version
def test_a_link_leads_to_an_operation_of_its_version_with_what_that_requires(version: str) -> None:
    document = contract.compose(version)
    required = {
        operation.id: {parameter["name"] for parameter in operation.parameters if parameter.get("required")}
        for operation in contract.operations(document, version)
    }

    links = [contract.resolve(document, link) for _, _, response in responses(version) for link in response.get("links", {}).values()]

    assert links
    assert [link for link in links if set(link["parameters"]) != required.get(link["operationId"])] == []


@every_version
def test_every_component_is_used(version: str) -> None:
    document = contract.compose(version)
    kinds = {kind: items for kind, items in document["components"].items() if kind != "securitySchemes"}
    used = {node["$ref"] for _, node in walk(document) if isinstance(node, dict) and isinstance(node.get("$ref"), str)}
    schemes = {name for operation in operations(version).values() for choice in operation.spec["security"] for name in choice}

    assert {f"#/components/{kind}/{name}" for kind, items in kinds.items() for name in items} == used
    assert set(document["components"]["securitySchemes"]) == schemes


@every_version
def test_no_operation_id_stands_twice(version: str) -> None:
    ids = [operation.id for operation in contract.operations(contract.compose(version), version)]

    assert sorted(ids) == sorted(set(ids))


@every_version
def test_literal_paths_stand_before_the_templates_that_would_take_them(version: str) -> None:
    paths = list(contract.compose(version)["paths"])
    templates = {path: re.compile(re.sub(r"\{\w+\}", "[^/]+", path)) for path in paths if "{" in path}

    late = [
        path for at, path in enumerate(paths) if any(earlier in templates and templates[earlier].fullmatch(path) for earlier in paths[:at])
    ]

    assert late == []


@every_version
def test_only_the_extensions_that_are_agreed_on_occur(version: str) -> None:
    found = {key for _, node in walk(contract.compose(version)) if isinstance(node, dict) for key in node if key.startswith("x-")}

    assert found <= words(EXTENSIONS)


@every_version
def test_every_operation_says_how_well_it_is_known(version: str) -> None:
    assert {operation.spec.get("x-isc-evidence") for operation in operations(version).values()} <= words(EVIDENCE)


@every_version
def test_every_operation_has_a_summary_and_a_description(version: str) -> None:
    lacking = [
        name for name, operation in operations(version).items() if not operation.spec["summary"] or not operation.spec["description"]
    ]

    assert lacking == []


@every_overlay
def test_an_overlay_makes_another_document_of_v2024s(version: str) -> None:
    document = contract.compose(version)

    assert document != contract.compose("v2024")
    assert document["paths"] != contract.compose("v2024")["paths"]


@every_overlay
def test_an_overlay_touches_only_what_exists_and_changes_all_that_it_touches(version: str) -> None:
    name = f"overlays/{version}.yaml"
    document = copy.deepcopy(contract.load("openapi.yaml"))

    for action in contract.load(name)["actions"]:
        for target in each_alone(action["target"]):
            before = copy.deepcopy(document)
            contract.apply_overlay(document, {"actions": [{**action, "target": target}]}, name)  # raises where nothing is selected
            assert document != before, target

    assert document == contract.compose(version)


@every_overlay
def test_every_action_of_an_overlay_says_why(version: str) -> None:
    assert [action["target"] for action in contract.load(f"overlays/{version}.yaml")["actions"] if not action.get("description")] == []


@every_version
def test_a_version_has_its_number_and_base_path(version: str) -> None:
    document = contract.compose(version)

    assert document["info"]["version"] == version
    assert document["info"]["title"].endswith(f", {version}")
    assert contract.base_path(document) == ("" if version == "v1" else f"/{version}")


@every_version
def test_a_version_has_its_operations_under_their_names_and_paths(version: str) -> None:
    found = {name: (operation.id, operation.method, operation.path) for name, operation in operations(version).items()}

    assert found == {name: (operation_id(version, name), fact.method, path(version, fact.path)) for name, fact in facts(version).items()}


@every_version
def test_an_operation_takes_its_parameters_and_its_body(version: str) -> None:
    found = {name: {*parameters_and_body(operation.spec, operation.parameters)} for name, operation in operations(version).items()}

    assert found == {name: words(fact.takes) for name, fact in facts(version).items()}


@every_version
def test_a_parameter_is_of_its_type_and_within_its_limits(version: str) -> None:
    found = [(parameter["name"], parameter["schema"]) for operation in operations(version).values() for parameter in operation.parameters]

    assert [(name, schema) for name, schema in found if schema != PARAMETERS[name]] == []


@every_version
def test_the_header_for_experiments_is_v2024s_and_may_be_left_out(version: str) -> None:
    header = {
        name: parameter.get("required", False)
        for name, operation in operations(version).items()
        for parameter in operation.parameters
        if parameter["in"] == "header"
    }
    marked = {name for name, operation in operations(version).items() if operation.spec.get("x-isc-experimental")}

    assert header == (dict.fromkeys(ONCE_EXPERIMENTAL, False) if version == "v2024" else {})
    assert marked == header.keys()


@every_version
def test_an_operation_answers_its_statuses_and_marks_those_that_the_vendor_leaves_out(version: str) -> None:
    found: dict[str, dict[str, bool]] = {}
    for name, status, response in responses(version):
        found.setdefault(name, {})[status] = "x-isc-undocumented" in response

    assert found == {
        name: {**dict.fromkeys(ADDED.get(name, "").split(), True), **dict.fromkeys(fact.statuses.split(), False)}
        for name, fact in facts(version).items()
    }


@every_version
def test_an_operation_answers_its_model(version: str) -> None:
    document = contract.compose(version)
    found = {name: body(document, response) for name, status, response in responses(version) if status == "200"}

    assert found == {name: fact.answers for name, fact in facts(version).items()}


@every_version
def test_errors_are_in_the_envelope_but_for_401_and_429(version: str) -> None:
    document = contract.compose(version)
    envelopes = {"401": "UnauthorizedError", "429": "TooManyRequestsError"}

    for name, status, response in responses(version):
        if status >= "400":
            expected = "-" if name == "getPendingTaskHeaders" else envelopes.get(status, "ErrorResponseDto")
            assert body(document, response) == expected, f"{name} {status}"


@every_version
def test_answers_are_application_json_and_nothing_else(version: str) -> None:
    assert {media_type for _, _, response in responses(version) for media_type in response.get("content", {})} == {"application/json"}


@every_version
def test_bodies_are_json_and_a_patch_is_json_patch(version: str) -> None:
    bodies = {
        name: list(operation.spec["requestBody"]["content"])
        for name, operation in operations(version).items()
        if "requestBody" in operation.spec
    }

    expected = {"updateTaskStatus": ["application/json-patch+json"]}
    assert bodies == {name: expected.get(name, ["application/json"]) for name, fact in facts(version).items() if "body" in fact.takes}


@every_version
def test_every_response_names_the_id_of_the_request(version: str) -> None:
    assert [(name, status) for name, status, response in responses(version) if "SLPT-Request-ID" not in response["headers"]] == []


@every_version
def test_the_200_of_a_collection_names_the_total_and_no_other_does(version: str) -> None:
    naming = {(name, status) for name, status, response in responses(version) if "X-Total-Count" in response["headers"]}

    assert naming == {(name, "200") for name in COLLECTIONS & facts(version).keys()}


@every_version
def test_every_429_says_when_to_come_back_and_no_other_does(version: str) -> None:
    found = [(status, "Retry-After" in response["headers"]) for _, status, response in responses(version)]

    assert [status for status, says in found if says != (status == "429")] == []


@every_version
def test_work_items_in_beta_and_pending_tasks_are_deprecated(version: str) -> None:
    found = {name for name, operation in operations(version).items() if operation.spec.get("deprecated")}

    assert found == {name for name in facts(version) if is_deprecated(version, name)}


@every_version
def test_the_successes_of_deprecated_operations_say_so_and_no_others_do(version: str) -> None:
    found = {(name, status): "X-Deprecated" in response["headers"] for name, status, response in responses(version) if status < "300"}

    assert found == {(name, status): is_deprecated(version, name) for name, status in found}


@every_version
def test_withdrawn_paths_are_marked(version: str) -> None:
    document = contract.compose(version)

    assert document.get("x-isc-withdrawn", []) == WITHDRAWN.get(version, [])
    assert not {*document.get("x-isc-withdrawn", [])} & document["paths"].keys()


@every_version
def test_an_operation_takes_its_scopes(version: str) -> None:
    found = {
        name: [(scheme, *scopes) for choice in operation.spec["security"] for scheme, scopes in choice.items()]
        for name, operation in operations(version).items()
    }

    assert found == {name: scopes(version, name) for name in facts(version)}


@every_version
def test_the_alternatives_of_security_are_of_one_scheme_each(version: str) -> None:
    assert {len(choice) for operation in operations(version).values() for choice in operation.spec["security"]} == {1}


@every_version
def test_an_operation_is_for_its_user_levels(version: str) -> None:
    found = {name: operation.spec.get("x-sailpoint-userLevels") for name, operation in operations(version).items()}

    assert found == {name: user_levels(version, name) for name in facts(version)}


@every_version
def test_work_items_name_their_administrators(version: str) -> None:
    found = {name: operation.spec.get("x-isc-administrators") for name, operation in operations(version).items()}

    assert found == {name: administrators(version, name) for name in facts(version)}


@pytest.mark.parametrize("version", FILTERS)
def test_the_list_of_tasks_supports_its_filters(version: str) -> None:
    fields, constants, holds = FILTERS[version]
    listing = operations(version)["getTaskStatusList"]

    (filters,) = [parameter for parameter in listing.parameters if parameter["name"] == "filters"]

    assert {field: support["operators"] for field, support in filters["x-isc-filters"].items()} == fields
    assert sorted(filters["x-isc-filters"]["type"]["values"]) == sorted(words(constants))
    assert [field for field, support in filters["x-isc-filters"].items() if "values" in support] == ["type"]
    assert listing.spec["x-isc-holds"] == holds


@pytest.mark.parametrize("version", FILTERS)
def test_the_description_of_filters_names_the_same_fields_and_operators(version: str) -> None:
    fields, _, _ = FILTERS[version]

    (filters,) = [parameter for parameter in operations(version)["getTaskStatusList"].parameters if parameter["name"] == "filters"]

    told = dict(re.findall(r"^\| `(\w+)` \| ([a-z, ]+) \|", filters["description"], re.MULTILINE))
    assert {field: operators.split(", ") for field, operators in told.items()} == fields


@pytest.mark.parametrize("version", FILTERS)
def test_tasks_are_sorted_by_their_creation_only(version: str) -> None:
    (sorters,) = [parameter for parameter in operations(version)["getTaskStatusList"].parameters if parameter["name"] == "sorters"]

    assert sorters["x-isc-sorters"] == ["created"]


@every_version
def test_a_model_has_its_fields(version: str) -> None:
    document = contract.compose(version)
    schemas = document["components"]["schemas"]

    found = {name: set(fields(document, schema)) for name, schema in schemas.items() if "enum" not in schema}

    assert found == {name: words(text) for name, text in models(version).items()}


@every_version
def test_an_enum_is_spelt_as_the_version_spells_it(version: str) -> None:
    found = {
        ".".join(place[2:]): node["enum"]
        for place, node in walk(contract.compose(version))
        if place[:2] == ("components", "schemas") and isinstance(node, dict) and isinstance(node.get("enum"), list)
    }

    assert {name: set(values) for name, values in found.items()} == enums(version)
    assert [name for name, values in found.items() if len(values) != len(set(values))] == []


@every_version
def test_what_has_null_among_its_values_is_nullable_and_the_other_way_round(version: str) -> None:
    enumerated = [node for _, node in walk(contract.compose(version)) if isinstance(node, dict) and isinstance(node.get("enum"), list)]

    assert [node for node in enumerated if node.get("nullable", False) != (None in node["enum"])] == []


def facts(version: str) -> dict[str, Fact]:
    return {
        name: fact._replace(**ELSEWHERE.get((version, name), {}))
        for name, fact in OPERATIONS.items()
        if name not in LACKING.get(version, ())
    }


def words(text: str) -> set[str]:
    return set(text.split())


def operation_id(version: str, name: str) -> str:
    return OTHER_NAMES.get((version, name), f"{name}V1" if version == "v1" else name)


def path(version: str, path_in_v2024: str) -> str:
    return re.sub(r"^/(work-items|task-status)", r"/\1/v1", path_in_v2024) if version == "v1" else path_in_v2024


def is_deprecated(version: str, name: str) -> bool:
    return name in PENDING or (version == "beta" and name not in TASKS)


def scopes(version: str, name: str) -> list[tuple[str, str]]:
    if name == "updateTaskStatus":
        return [("userAuth", WRITE)]
    if name in TASKS:
        return [("userAuth", READ), ("userAuth", WRITE), ("applicationAuth", READ), ("applicationAuth", WRITE)]
    if version == "beta":
        return [("userAuth", "idn:work-item:read" if OPERATIONS[name].method == "GET" else "idn:work-item:update")]
    return [("userAuth", "idn:work-item:update" if (version, name) == ("v3", "forwardWorkItem") else "sp:scopes:all")]


def user_levels(version: str, name: str) -> list[str] | None:
    if name in TASKS:
        return [level for level in LEVELS if level != "HELPDESK"] if name == "updateTaskStatus" else LEVELS
    return ["ORG_ADMIN"] if version == "beta" else None


def administrators(version: str, name: str) -> list[str] | None:
    if name in TASKS:
        return None
    return FORWARDERS if name == "forwardWorkItem" and version in ("v2024", "v3") else ["ORG_ADMIN"]


def models(version: str) -> dict[str, str]:
    return {
        name: text.replace(*MODELS_ELSEWHERE.get((version, name), ("", "")))
        for name, text in MODELS.items()
        if version != "v3" or name not in words(OF_TASKS)
    }


def enums(version: str) -> dict[str, set[str | None]]:
    spelling = {"PolicyVioloation" if version in MISPRINTED else "PolicyViolation"}
    of_tasks: dict[str, set[str | None]] = {
        "TaskStatus.properties.type": {"QUARTZ", "QPOC", "QUEUED_TASK"},
        "TaskStatus.properties.completionStatus": {*words(COMPLETION_STATUSES), None},
        "Target.properties.type": {"APPLICATION", "IDENTITY", None},
        "TaskStatusMessage.properties.type": {"INFO", "WARN", "ERROR"},
        "JsonPatchOperation.properties.op": {*words(PATCHES)},
    }
    return {
        "WorkItemState": {*words(STATES), None} if version == "beta" else {*words(STATES)},
        "WorkItemType": {*words(TYPES), *spelling, "Unknown"} if version == "beta" else {*words(TYPES), *spelling},
        "ApprovalItemDetails.properties.state": {*words(STATES), None},
        "ErrorMessageDto.properties.localeOrigin": {"DEFAULT", "REQUEST", None},
        **({} if version == "v3" else of_tasks),
    }


def responses(version: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Operation, status and response object of each answer."""
    for name, operation in operations(version).items():
        for status, response in operation.spec["responses"].items():
            yield name, status, response


def parameters_and_body(spec: Mapping[str, Any], parameters: list[Mapping[str, Any]]) -> Iterator[str]:
    for parameter in parameters:
        if parameter["in"] != "header":
            yield parameter["name"] + ("" if parameter.get("required") else "?")
    if "requestBody" in spec:
        yield "body" if spec["requestBody"]["required"] else "body?"


def body(document: Document, response: Mapping[str, Any]) -> str:
    if "content" not in response:
        return "-"
    schema = response["content"]["application/json"]["schema"]
    return shape(document, schema["allOf"][0] if "allOf" in schema else schema)


def fields(document: Document, schema: Mapping[str, Any]) -> Iterator[str]:
    for name, member in schema["properties"].items():
        yield f"{name}{'*' if name in schema.get('required', ()) else ''}:{shape(document, member)}"


def shape(document: Document, schema: Mapping[str, Any]) -> str:
    """A schema in one word: `[ApprovalItemDetails]?`."""
    described = contract.resolve(document, schema)
    nullable = "?" if described.get("nullable") else ""
    choices = described.get("anyOf") or described.get("oneOf")
    if "$ref" in schema:
        return f"{schema['$ref'].rpartition('/')[2]}{nullable}"
    if choices:
        return "|".join(shape(document, choice).removesuffix("?") for choice in choices) + nullable
    if described.get("type") == "array":
        return f"[{shape(document, described['items'])}]{nullable}"
    default = f"={described['default']}".lower() if "default" in described else ""
    return f"{described.get('format') or described.get('type', 'any')}{nullable}{default}"


def each_alone(target: str) -> list[str]:
    """`$.a['b', 'c']` → `$.a['b']`, `$.a['c']`: a selection of several is lenient about those that are not there."""
    several = re.search(r"\[('[^\]]*',\s*'[^\]]*')\]", target)
    if several is None:
        return [target]
    return [target.replace(several[0], f"[{one.strip()}]") for one in re.split(r",(?=\s*')", several[1])]


def walk(node: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every node below, with the keys that lead to it, but for the values of examples."""
    yield place, node
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, member in members:
        if key != "example" and (key != "value" or place[-2:-1] != ("examples",)):
            yield from walk(member, (*place, str(key)))
