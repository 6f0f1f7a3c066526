"""Reads folders of fixtures: the default tenant, what another folder or a scenario puts in its place, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from mock_server import contract
from mock_server.conventions.errors import SetupError
from mock_server.state.lines import Lines

KEYS = {
    "clients": "clientId",
    "identities": "id",
    "sources": "id",
    "task-definitions": "name",
    "work-items": "id",
    "task-status": "id",
}
"""Fixture file (without its ending) → the key that tells its items apart."""

LARGE = ("work-items", "task-status")
"""Files that may have a million items, and so are read by lines where they have lines."""

SETTINGS = "tenant"


@dataclass
class Mistakes:
    """Collects all that is wrong, to be told at once."""

    lines: list[str] = field(default_factory=list)
    unreadable: bool = False
    """A file is no list of items: what others say of its items would only repeat that."""

    def add(self, place: str, why: str) -> None:
        self.lines.append(f"{place}: {why}".removeprefix(": "))

    def stop_if_any(self) -> None:
        """Raises SetupError with a line for each."""
        if self.lines:
            raise SetupError(*self.lines)


@dataclass(frozen=True)
class Item:
    """One item of a fixture file, and where it stands, for messages."""

    place: str
    value: dict[str, Any]


class LineItems:
    """The items of a file that is read by lines: made anew each time that somebody goes through them."""

    def __init__(self, lines: Lines, path: str, key: str) -> None:
        self._lines = lines
        self._path = path
        self._key = key

    def __iter__(self) -> Iterator[Item]:
        return (Item(_place(self._path, number, self._key, value), value) for number, value in enumerate(self._lines, 1))


@dataclass
class Folder:
    """The items of all files of a tenant, after a scenario."""

    settings: dict[str, Any]
    items: dict[str, Iterable[Item]]


def read(folder: Path | None, scenario: str | None, mistakes: Mistakes) -> Folder:
    """The default tenant; `folder` in its place, file by file; `scenario` on top.

    Raises:
        SetupError: the folder or the scenario is not there.
    """
    default = contract.shipped("fixtures") / "default"
    layers = [default] if folder is None else [default, _existing(folder)]
    if scenario is not None:
        layers.append(_scenario(folder, scenario))
    result = Folder({}, {name: [] for name in KEYS})
    for layer in layers:
        _check_names(layer, mistakes)
        settings = _load(layer, SETTINGS, mistakes)
        if isinstance(settings, dict):
            result.settings |= settings
        elif settings:
            mistakes.add(str(layer / f"{SETTINGS}.yaml"), "a mapping is expected")
        for name in KEYS:
            content = _load(layer, name, mistakes)
            if content is not None:
                result.items[name] = _applied(result.items[name], content, layer, name, mistakes)
    return result


def scenarios(folder: Path | None = None) -> list[str]:
    """The names that `read` takes."""
    homes = [home / "scenarios" for home in (folder, contract.shipped("fixtures")) if home is not None]
    return sorted({entry.name for home in homes if home.is_dir() for entry in home.iterdir() if entry.is_dir()})


def _existing(folder: Path) -> Path:
    if not folder.is_dir():
        fact = "is not a folder" if folder.exists() else "there is no such folder"
        raise SetupError(f"{folder}: {fact}; name one with fixtures, as `isc-mock generate` writes it")
    if not any(_file(folder, name) for name in (*KEYS, SETTINGS)):
        expected = ", ".join(f"{name}.yaml" for name in KEYS)
        raise SetupError(f"{folder}: has no fixture file; at least one of {expected} is expected")
    return folder


def _scenario(folder: Path | None, name: str) -> Path:
    if name not in scenarios(folder):
        raise SetupError(f"there is no scenario {name!r}; there are: {', '.join(scenarios(folder))}")
    own = None if folder is None else folder / "scenarios" / name
    return own if own is not None and own.is_dir() else contract.shipped("fixtures") / "scenarios" / name


def _check_names(layer: Path, mistakes: Mistakes) -> None:
    for path in sorted(layer.iterdir()):
        if path.suffix in (".yaml", ".yml", ".json") and (path.stem not in (*KEYS, SETTINGS) or path.suffix == ".yml"):
            expected = ", ".join(f"{name}.yaml" for name in (*KEYS, SETTINGS))
            mistakes.add(str(path), f"nothing reads a file of this name; expected: {expected}")


def _file(layer: Path, name: str) -> Path | None:
    return next((path for ending in ("yaml", "json") if (path := layer / f"{name}.{ending}").is_file()), None)


def _load(layer: Path, name: str, mistakes: Mistakes) -> Any:
    """The content of a file; None where there is no file. An empty file is an empty list."""
    path = _file(layer, name)
    if path is None:
        return None
    try:
        content = _json(path, name) if path.suffix == ".json" else contract.read_yaml(path)
    except orjson.JSONDecodeError as error:
        mistakes.add(str(path), f"is not JSON: {error}")
    except contract.ContractError as error:
        mistakes.lines.append(str(error))
    else:
        return [] if content is None else content
    mistakes.unreadable = True
    return None


def _json(path: Path, name: str) -> Any:
    content = path.read_bytes()
    lines = Lines.of(content) if name in LARGE else None
    return orjson.loads(content) if lines is None else lines


def _applied(before: Iterable[Item], content: Any, layer: Path, name: str, mistakes: Mistakes) -> Iterable[Item]:
    path = _file(layer, name)
    if isinstance(content, Lines):
        return LineItems(content, f"{path}", KEYS[name])
    if isinstance(content, list):
        return list(_items(content, f"{path}", KEYS[name], mistakes))
    if isinstance(content, dict) and content.keys() <= {"merge", "remove"}:
        return _merged(before, content, f"{path}", KEYS[name], mistakes)
    mistakes.unreadable = True
    mistakes.add(str(path), "a list is expected, or a mapping with `merge` and `remove`, which are lists")
    return before


def _items(content: list[Any], path: str, key: str, mistakes: Mistakes) -> Iterator[Item]:
    for number, value in enumerate(content, 1):
        if not isinstance(value, dict):
            mistakes.add(f"{path}: item {number}", "a mapping is expected")
            continue
        place = _place(path, number, key, value)
        try:
            orjson.dumps(value)
        except orjson.JSONEncodeError as error:
            mistakes.add(place, f"YAML says more here than JSON can: {error}")
        else:
            yield Item(place, value)


def _place(path: str, number: int, key: str, value: dict[str, Any]) -> str:
    return f"{path}: item {number} ({key} {value.get(key, 'missing')})"


def _merged(before: Iterable[Item], content: dict[str, Any], path: str, key: str, mistakes: Mistakes) -> Iterable[Item]:
    merge, remove = content.get("merge") or [], content.get("remove") or []
    if not isinstance(merge, list) or not isinstance(remove, list):
        mistakes.unreadable = True
        mistakes.add(path, "`merge` and `remove` are lists")
        return before
    known = {str(item.value.get(key)): item for item in before}
    for one in remove:
        if known.pop(str(one), None) is None:
            mistakes.add(f"{path}: remove", f"there is no item with the {key} {one}")
    for item in _items(merge, path, key, mistakes):
        name = str(item.value.get(key))
        known[name] = Item(item.place, known[name].value | item.value) if name in known else item
    return list(known.values())
