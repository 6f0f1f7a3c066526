"""The sorter syntax that all ISC collections share: `created`, `-created`, several separated by commas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mock_server.conventions.errors import IllegalValue


@dataclass(frozen=True, slots=True)
class Sorter:
    field: str
    descending: bool = False


def parse(text: str, supported: Sequence[str]) -> tuple[Sorter, ...]:
    """Raises IllegalValue that says which field is not supported, and which are."""
    sorters = tuple(_sorter(part.strip()) for part in text.split(",")) if text.strip() else ()
    for sorter in sorters:
        if sorter.field not in supported:
            raise IllegalValue("sorters", f'Sorting by "{sorter.field}" is not supported; supported: {", ".join(supported)}.')
    return sorters


def _sorter(text: str) -> Sorter:
    return Sorter(text.removeprefix("-"), text.startswith("-"))
