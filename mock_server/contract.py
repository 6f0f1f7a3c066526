"""The documents of spec/: loads them, composes one for each version, and says what they promise. Pure, and shared with the harness."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonpath
import yaml

VERSIONS = ("beta", "v3", "v2024", "v2025", "v2026", "v1")
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

Document = dict[str, Any]


class ContractError(Exception):
    """A file of spec/ cannot be read, or does not fit the others. The message names the file and the place."""


@dataclass(frozen=True)
class Operation:
    """One operation as one version describes it. `path` is the template below the version's base path."""

    version: str
    id: str
    method: str
    path: str
    spec: Mapping[str, Any]

    @cached_property
    def function(self) -> str:
        """The name of its function in mock_server.operations: snake case; the v1 family ends each operationId in V1."""
        return function_name(self.id)

    @property
    def key(self) -> tuple[str, str]:
        """What is the same in all versions: the method and the path, in which the v1 family names the version once more."""
        return self.method, self.path.replace("/v1", "")

    @property
    def parameters(self) -> list[Mapping[str, Any]]:
        return list(self.spec.get("parameters", ()))

    def success(self) -> tuple[int, Mapping[str, Any]]:
        """The first 2xx status and its response object."""
        status = min(code for code in self.spec["responses"] if code.startswith("2"))
        return int(status), self.spec["responses"][status]

    @cached_property
    def answers_array(self) -> bool:
        content = self.success()[1].get("content", {})
        return bool(content.get("application/json", {}).get("schema", {}).get("type") == "array")

    @cached_property
    def administrators(self) -> frozenset[str]:
        """The levels that see and change everybody's work items."""
        return frozenset(self.spec.get("x-isc-administrators", ()))


@dataclass(frozen=True)
class Assumption:
    """Something that nobody has published: what the fake does, and what it could do instead (value → meaning)."""

    id: str
    operations: tuple[str, ...]
    statement: str
    default: str
    alternatives: Mapping[str, str]
    evidence: str

    @property
    def values(self) -> tuple[str, ...]:
        return (self.default, *self.alternatives)


def shipped(folder: str) -> Path:
    """Where `spec` or `fixtures` is: at the top of a checkout, inside the package once it is installed."""
    package = Path(__file__).resolve().parent
    installed = package / "shipped" / folder
    return installed if installed.is_dir() else package.parent / folder


@cache
def compose(version: str) -> Document:
    """The complete, self-contained OpenAPI document of a version. Shared: do not change it.

    Raises:
        ContractError: for an unknown version, an unreadable file, or an overlay that does not fit.
    """
    if version not in VERSIONS:
        raise ContractError(f"there is no version {version!r}: choose from {', '.join(VERSIONS)}")
    document = copy.deepcopy(load("openapi.yaml"))
    if version != "v2024":
        name = f"overlays/{version}.yaml"
        apply_overlay(document, load(name), name)
    return document


@cache
def load(name: str) -> Document:
    """A YAML file of spec/ as plain JSON values: dates stay strings."""
    document = read_yaml(shipped("spec") / name)
    if not isinstance(document, dict):
        raise ContractError(f"spec/{name}: a mapping is expected at the top")
    return document


def apply_overlay(document: Document, overlay: Document, name: str) -> None:
    """Apply an OpenAPI Overlay 1.1 document in place; beyond the standard, a target that selects nothing is refused."""
    for number, action in enumerate(overlay["actions"], 1):
        where = f"spec/{name}: action {number} ({action['target']})"
        targets = _select(document, action["target"], where)
        if "copy" in action:
            sources = _select(document, action["copy"], where)
            if len(sources) > 1:
                raise ContractError(f"{where}: {action['copy']} selects {len(sources)} nodes, and one can be copied")
            targets = [_merged(document, target, copy.deepcopy(sources[0].obj)) for target in targets]
        if "update" in action:
            targets = [_merged(document, target, copy.deepcopy(action["update"])) for target in targets]
        if action.get("remove"):
            for target in reversed(targets):  # from the end, so that the positions in an array stay true
                del _at(document, target.parts[:-1])[target.parts[-1]]


def operations(document: Document, version: str) -> Iterator[Operation]:
    """The operations of a composed document, in its order, with every `$ref` but those of schemas resolved one level down."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                spec = dict(item[method])
                spec["parameters"] = [resolve(document, parameter) for parameter in spec.get("parameters", ())]
                spec["responses"] = {code: resolve(document, answer) for code, answer in spec["responses"].items()}
                if "requestBody" in spec:
                    spec["requestBody"] = resolve(document, spec["requestBody"])
                yield Operation(version, spec["operationId"], method.upper(), path, spec)


@cache
def canonical_ids() -> Mapping[str, str]:
    """The operationId of any version → what v2024 calls the same operation."""
    ours = {operation.key: operation.id for operation in operations(compose("v2024"), "v2024")}
    every = (operation for version in VERSIONS for operation in operations(compose(version), version))
    return {operation.id: ours[operation.key] for operation in every}


def base_path(document: Document) -> str:
    """The path of the first server, without a slash at the end: `/v2024`, or an empty string for the root."""
    url: str = document["servers"][0]["url"]
    return urlsplit(url).path.rstrip("/")


def resolve(document: Document, node: Mapping[str, Any]) -> Mapping[str, Any]:
    """The node itself, or the one that its `$ref` names."""
    while "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def json_schema(document: Document, schema: Mapping[str, Any], *, closed: bool = False) -> Document:
    """A schema of the document as a self-contained JSON Schema of draft 4, the draft that OpenAPI 3.0 extends by `nullable`.

    With `closed`, an object with described properties has no others.
    """
    components: Document = {}
    plain: Document = _draft4(schema, closed)
    waiting = _references(plain)
    while waiting:
        name = waiting.pop()
        if name not in components:
            components[name] = _draft4(document["components"]["schemas"][name], closed)
            waiting |= _references(components[name])
    return {**plain, "components": {"schemas": components}}


@cache
def assumptions() -> Mapping[str, Assumption]:
    """What spec/assumptions.yaml lists, by id."""
    return {
        entry["id"]: Assumption(
            id=entry["id"],
            operations=tuple(entry["operations"]),
            statement=entry["statement"],
            default=entry["default"]["value"],
            alternatives={choice["value"]: choice["meaning"] for choice in entry["alternatives"]},
            evidence=entry["evidence"],
        )
        for entry in load("assumptions.yaml")["assumptions"]
    }


def function_name(operation_id: str) -> str:
    """`listWorkItemsV1` → `list_work_items`."""
    return snake_case(re.sub(r"V1$", "", operation_id))


def snake_case(name: str) -> str:
    """`approvalItemId` → `approval_item_id`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


class PlainLoader(yaml.CSafeLoader):
    """YAML as JSON has it: an unquoted date stays the string that it is."""


PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(path: Path) -> Any:
    """Raises ContractError with file, line and column for what is not YAML."""
    try:
        return yaml.load(path.read_bytes(), PlainLoader)  # noqa: S506 - a subclass of the safe loader
    except OSError as error:
        raise ContractError(f"{path}: cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: not UTF-8, or a number that is none (0b_)
        raise ContractError(f"{path}: is not YAML: {' '.join(str(error).split())}") from None


def _select(document: Document, path: str, where: str) -> list[jsonpath.JSONPathMatch]:
    try:
        matches = list(_JSONPATH.finditer(path, document))
    except jsonpath.JSONPathError as error:
        raise ContractError(f"{where}: {error.args[0]}") from None  # str(error) of python-jsonpath 2.2 fails on an empty path
    if not matches:
        raise ContractError(f"{where}: {path} selects nothing")
    return matches


_JSONPATH = jsonpath.JSONPathEnvironment(strict=True)  # RFC 9535 and nothing else


def _merged(document: Document, target: jsonpath.JSONPathMatch, update: Any) -> jsonpath.JSONPathMatch:
    if not target.parts:
        _merge(document, update)
    else:
        parent = _at(document, target.parts[:-1])
        parent[target.parts[-1]] = _merge(parent[target.parts[-1]], update)
    return target


def _merge(old: Any, new: Any) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        for key, value in new.items():
            old[key] = _merge(old[key], value) if key in old else value
        return old
    if isinstance(old, list):
        return old + (new if isinstance(new, list) else [new])
    return new


def _at(document: Any, parts: tuple[int | str, ...]) -> Any:
    for part in parts:
        document = document[part]
    return document


def _references(schema: Any) -> set[str]:
    if isinstance(schema, list):
        return {name for member in schema for name in _references(member)}
    if not isinstance(schema, Mapping):
        return set()
    own = {schema["$ref"].rpartition("/")[2]} if isinstance(schema.get("$ref"), str) else set()
    return own.union(*map(_references, schema.values()))


def _draft4(schema: Mapping[str, Any], closed: bool) -> Document:
    plain: Document = {}
    for key, value in schema.items():
        if key == "properties":
            plain[key] = {name: _draft4(member, closed) for name, member in value.items()}
        elif key in ("allOf", "anyOf", "oneOf"):
            plain[key] = [_draft4(member, closed) for member in value]
        elif key in ("items", "not", "additionalProperties") and isinstance(value, Mapping):
            plain[key] = _draft4(value, closed)
        elif key not in ("description", "example", "nullable") and not key.startswith("x-"):
            plain[key] = value
    if closed and "properties" in plain:
        plain.setdefault("additionalProperties", False)
    if plain.get("format") == "int32":
        plain.setdefault("minimum", -(2**31))
        plain.setdefault("maximum", 2**31 - 1)
    return _or_null(plain) if schema.get("nullable") is True else plain


def _or_null(plain: Document) -> Document:
    if "type" not in plain:
        return {"anyOf": [plain, {"type": "null"}]}
    plain["type"] = [plain["type"], "null"]  # an enum lists null itself: OpenAPI 3.0.3 wants it to
    return plain
