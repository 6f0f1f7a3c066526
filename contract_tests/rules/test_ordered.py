"""The sorted sequence and its copies, held to a sorted list."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.state import ordered
from mock_server.state.ordered import Key, Ordered

entries = st.tuples(st.integers(0, 9), st.sampled_from("abcde"))
contents = st.sets(entries)
for_each_size = settings(max_examples=40)  # every test runs four times


@pytest.fixture(scope="module", params=[1, 2, 3, ordered.CHUNK], autouse=True)
def chunk(request: pytest.FixtureRequest) -> Iterator[int]:
    """So small that a few entries fill several chunks, and as it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ordered, "CHUNK", request.param)
        yield request.param


@for_each_size
@given(content=contents)
def test_it_is_read_in_order_from_both_ends(content: set[Key]) -> None:
    sequence = Ordered(content)

    assert list(sequence) == sorted(content)
    assert list(reversed(sequence)) == sorted(content, reverse=True)
    assert len(sequence) == len(content)


@for_each_size
@given(content=contents, changes=st.lists(entries, max_size=40))
def test_after_any_changes_it_holds_what_a_sorted_list_would(content: set[Key], changes: list[Key]) -> None:
    sequence, model = changed(Ordered(content), set(content), changes)

    assert list(sequence) == sorted(model)
    assert list(reversed(sequence)) == sorted(model, reverse=True)
    assert len(sequence) == len(model)


@for_each_size
@given(content=contents, changes=st.lists(entries, max_size=20), start=st.integers(0, 60), stop=st.integers(0, 60))
def test_a_slice_is_that_of_a_list(content: set[Key], changes: list[Key], start: int, stop: int) -> None:
    sequence, model = changed(Ordered(content), set(content), changes)

    assert sequence.slice(start, stop) == sorted(model)[start:stop]


@for_each_size
@given(content=contents, changes=st.lists(entries, max_size=20), moment=st.integers(-1, 11))
def test_before_counts_the_earlier_entries(content: set[Key], changes: list[Key], moment: int) -> None:
    sequence, model = changed(Ordered(content), set(content), changes)

    assert sequence.before(moment) == len([entry for entry in model if entry[0] < moment])


@for_each_size
@given(content=contents, changes=st.lists(st.lists(entries, max_size=10), min_size=1, max_size=4))
def test_copies_of_copies_see_nothing_of_each_other(content: set[Key], changes: list[list[Key]]) -> None:
    sequences, models = [Ordered(content)], [content]

    for more in changes:
        for sequence, model in [*zip(sequences, models, strict=True)]:
            sequences.append(sequence.apart())
            models.append(changed(sequences[-1], set(model), more)[1])

    assert list(map(list, sequences)) == list(map(sorted, models))
    assert list(map(len, sequences)) == list(map(len, models))


def test_a_copy_shares_all_chunks_but_the_one_that_it_changes(chunk: int) -> None:
    sequence = Ordered((moment, "a") for moment in range(10 * chunk))
    more, fewer = sequence.apart(), sequence.apart()

    more.add([(chunk, "b")])
    fewer.remove([(chunk, "a")])

    assert len(shared(sequence, more)) == 9
    assert len(shared(sequence, fewer)) >= 9  # of one entry each, the chunk is gone


def test_growing_never_makes_a_chunk_larger_than_twice_its_size(chunk: int) -> None:
    sequence: Ordered[Key] = Ordered()

    for moment in range(5 * chunk):
        sequence.add([(moment % 7, f"{moment:05}")])

    assert 0 < min(map(len, sequence._chunks)) <= max(map(len, sequence._chunks)) <= 2 * chunk


def test_what_comes_in_order_fills_chunks_one_after_the_other(chunk: int) -> None:
    sequence: Ordered[Key] = Ordered()
    content = [(moment, "a") for moment in range(5 * chunk)]

    sequence.add(content)

    assert list(sequence) == content
    assert max(map(len, sequence._chunks)) <= 2 * chunk


def changed(sequence: Ordered[Key], model: set[Key], changes: list[Key]) -> tuple[Ordered[Key], set[Key]]:
    """By threes, takes the entries away that are there, and adds those that are not."""
    for at in range(0, len(changes), 3):
        some = dict.fromkeys(changes[at : at + 3])
        there = [entry for entry in some if entry in model]
        sequence.remove(there)
        sequence.add(entry for entry in some if entry not in model)
        model ^= some.keys()
    return sequence, model


def shared(one: Ordered[Key], other: Ordered[Key]) -> set[int]:
    return {id(chunk) for chunk in one._chunks} & {id(chunk) for chunk in other._chunks}
