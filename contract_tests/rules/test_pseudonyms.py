"""Pseudonyms as a rule: nothing of a tenant survives them, equal stays equal, and the way back gives each byte again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contract_tests.harness.expressions import quoted
from contract_tests.harness.message import ORIGIN, Answer, Request
from contract_tests.harness.redaction import PSEUDONYM, STUB_KEY, Redaction, machine_key
from contract_tests.harness.vocabulary import FREE_FORM, PROSE, prose_words, texts
from mock_server.conventions import filters

Json = Any

ID = "0123456789abcdef0123456789abcdef"
UUID = "01234567-89ab-cdef-0123-456789abcdef"

DESCRIBED = sorted(name for name in texts() if name.isidentifier() and name not in FREE_FORM)
"""Names of properties that the contract knows."""

storable = st.characters(exclude_categories=["Cs"])

people = st.sampled_from(
    ["Lena Fischer", "lena.fischer@acme.example", "O'Hara", "Müller-Lüdenscheidt", 'a "b" \\ c', ID, UUID, "a/b?c#d%2F"]
)

values = people | st.text(storable, max_size=12)

scalars = st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.floats(allow_nan=False, allow_infinity=False) | values


def documents(*, numbers: bool = True) -> st.SearchStrategy[Json]:
    """As the contract describes them, with anything where it describes nothing."""
    leaves = scalars if numbers else st.none() | st.booleans() | values
    anything = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(values, inner, max_size=3), max_leaves=5)
    free = st.dictionaries(st.sampled_from(sorted(FREE_FORM)), anything, max_size=2)
    known = st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(DESCRIBED), inner, max_size=4),
        max_leaves=8,
    )
    return st.builds(lambda some, more: some | more if isinstance(some, dict) else some, known, free)


def strings(value: Json) -> Iterator[str]:
    """All texts and names of properties."""
    match value:
        case str():
            yield value
        case list():
            for member in value:
                yield from strings(member)
        case dict():
            for key, member in value.items():
                yield key
                yield from strings(member)


def is_standing(text: str) -> bool:
    """Word, or words, of the contract itself; or what says nothing."""
    if text in texts() or text.upper() in texts() or not text.strip():
        return True
    words = re.findall(r"[^\s\"'“”(),;:!?<>\[\]{}]+", text)
    return all(word.strip(".…") in prose_words() or re.fullmatch(r"\d{0,3}", word.strip(".…")) for word in words)


def redaction() -> Redaction:
    return Redaction(STUB_KEY)


# What is hidden


@given(documents())
def test_no_text_of_a_tenant_survives(document: Json) -> None:
    hidden = list(strings(redaction().hide(document)))

    originals = {text for text in strings(document) if len(text) >= 4 and not is_standing(text) and not PSEUDONYM.fullmatch(text)}
    originals -= {text for text in originals if re.match(r"\d{4}-\d\d-\d\d", text)}
    assert [text for text in originals if text in hidden] == []
    assert [text for text in people_in(originals) if any(text in one for one in hidden)] == []


def people_in(found: set[str]) -> list[str]:
    return [text for text in found if "ischer" in text or text in (ID, UUID)]


@pytest.mark.parametrize("name", ["", "attributes", "description", "message", "detailCode", "name", "id", "ownerId", "text"])
@pytest.mark.parametrize("value", ["Lena Fischer", "lena.fischer@acme.example", ID, ID.upper(), UUID, "O'Hara & Söhne", "4711-0815"])
def test_people_and_ids_are_hidden_wherever_they_stand(name: str, value: str) -> None:
    hidden = json.dumps(redaction().hide({name: [value]} if name else value, ""))

    for part in re.findall(r"\w{4,}", value):
        assert part not in hidden


@pytest.mark.parametrize("key", ["lena.fischer@acme.example", "ff808081" * 4, "Lena Fischer", UUID, ID])
def test_the_name_of_a_property_that_is_somebodys_is_hidden(key: str) -> None:
    """Somebody's map by e-mail or by id, in a place that the contract does not describe."""
    documents: list[Json] = [{key: {}}, {"undescribed": {key: {}}}, {"id": "x", "undescribed": {key: {}}}, {"id": "x", key: {}}]
    for document in documents:
        assert key not in json.dumps(redaction().hide(document))


@pytest.mark.parametrize("name", sorted(FREE_FORM))
def test_where_nothing_is_described_names_are_hidden_too(name: str) -> None:
    hidden = redaction().hide({name: {"favouriteColour": {"and": ["Blue"]}}})

    assert set(hidden) == {name}
    assert "favouriteColour" not in json.dumps(hidden)
    assert "Blue" not in json.dumps(hidden)


@pytest.mark.parametrize("number", [100_000, 4711_0815, -4711_0815, 10**15, 4711_0815.5])
def test_large_numbers_are_hidden_where_nothing_is_described(number: float) -> None:
    hidden = redaction().hide({"attributes": {"employeeNumber": number}})

    assert str(abs(number)) not in json.dumps(hidden)
    (value,) = hidden["attributes"].values()
    assert isinstance(value, int | float)


@pytest.mark.parametrize("number", [0, -1, 99_999, 4711_0815, 0.5])
def test_numbers_of_fields_that_are_described_as_numbers_stay(number: float) -> None:
    hidden = redaction().hide({"percentComplete": number, "attributes": {"percentComplete": 4711_0815}})

    assert hidden["percentComplete"] == number
    assert "47110815" not in json.dumps(hidden["attributes"])


@pytest.mark.parametrize("value", [True, False, None])
def test_truth_and_nothing_stay(value: bool | None) -> None:
    (hidden,) = redaction().hide({"attributes": {"isManager": value}})["attributes"].values()

    assert hidden is value


@pytest.mark.parametrize(
    "value",
    ["", " ", "Pending", "SUCCESS", "Success", "2026-03-02", "2026-03-02T09:15:00.000Z", "2026-03-02T09:15:00+01:00", "en-US"],
)
def test_dates_values_of_enums_and_nothing_survive(value: str) -> None:
    assert redaction().hide({"state": value, "attributes": {"state": value}}) == {"state": value, "attributes": {"state": value}}


@pytest.mark.parametrize("prose", sorted(PROSE))
def test_the_services_own_words_survive_and_others_do_not(prose: str) -> None:
    hidden = redaction().hide({"id": "x", "name": "y", prose: f"The request field Lena.Fischer, 250 or {ID}. is not supported"})[prose]

    assert re.fullmatch(r"The request field text-\w{12}, 250 or id-\w{12}\. is not supported", hidden)


@given(body=st.binary(max_size=40))
@example(b"\xff\xfe\x00")
@example("Lena Fischer".encode("utf-16"))
@example(b"<h1>Lena Fischer</h1>")
@example(b'{"name": "Lena Fischer"')
@example(b"[" * 100_000)
@example(b"[" * 20_000 + b'"Lena Fischer"' + b"]" * 20_000)
@example(b"9" * 5000)
def test_a_body_of_any_kind_can_be_hidden(body: bytes) -> None:
    hidden = redaction().hide_body(body)

    assert b"Fischer" not in hidden
    assert bool(hidden) == bool(body)
    hidden.decode()


@pytest.mark.parametrize("body", [b"<h1>Lena</h1>", b'{"a": "Lena"', b"Lena Fischer", b"\xff\xfe Lena"])
def test_what_is_no_json_becomes_one_pseudonym(body: bytes) -> None:
    assert PSEUDONYM.fullmatch(redaction().hide_body(body).decode())


@pytest.mark.parametrize("body", [b'{"a": NaN}', b'"Lena Fischer"', b"17", b"null", b" [ ] ", b'{"a": 1, "a": "Lena Fischer"}'])
def test_json_stays_json(body: bytes) -> None:
    hidden = redaction().hide_body(body)

    json.loads(hidden)
    assert b"Lena" not in hidden


@given(documents())
def test_the_shape_of_a_document_stays(document: Json) -> None:
    def shape(value: Json) -> Json:
        match value:
            case dict():
                return sorted(map(json.dumps, map(shape, value.values())))
            case list():
                return [shape(member) for member in value]
            case int() | float() if not isinstance(value, bool):
                return "number"
        return type(value).__name__

    assert shape(redaction().hide(document)) == shape(document)


def test_headers_keep_what_the_contract_describes_alone() -> None:
    headers = (
        ("Content-Type", "application/json"),
        ("X-Total-Count", "17"),
        ("Retry-After", "3"),
        ("SLPT-Request-ID", ID),
        ("Set-Cookie", "session=Lena"),
        ("X-Debug", "Lena Fischer"),
        ("Location", f"{ORIGIN}/v2024/work-items/{ID}"),
        ("location", "https://elsewhere.example/Lena"),
        ("X-Empty", ""),
    )

    hidden = redaction().hide_answer(Answer(200, headers, b"")).headers

    assert hidden[:3] == headers[:3]
    assert hidden[3][1].startswith("id-")
    assert all(PSEUDONYM.fullmatch(value) for name, value in hidden if name in ("Set-Cookie", "X-Debug", "location"))
    assert dict(hidden)["Location"].startswith(f"{ORIGIN}/v2024/work-items/id-")
    assert dict(hidden)["X-Empty"] == ""
    assert [part for part in ("Lena", ID, "elsewhere") if part in repr(hidden)] == []


def test_the_length_is_that_of_what_is_there_now() -> None:
    answer = redaction().hide_answer(Answer(200, (("content-length", "8"),), b'"Lena F"'))

    assert answer.header("Content-Length") == str(len(answer.body))


def test_without_a_key_everything_is_shown_as_it_is() -> None:
    answer = Answer(200, (("Set-Cookie", "session=Lena"),), b'{"id": "Lena"}')
    shown = Redaction(None)

    assert shown.hide_answer(answer) is answer
    assert shown.hide({"attributes": {"Lena": 4711_0815}}) == {"attributes": {"Lena": 4711_0815}}
    assert shown.hide_body(b"Lena") == b"Lena"
    assert shown.hide_path(f"/v2024/work-items/{ID}") == f"/v2024/work-items/{ID}"


# What is equal stays equal


@given(one=values, other=values)
def test_equal_values_have_equal_pseudonyms_and_others_others(one: str, other: str) -> None:
    first, second = redaction(), redaction()

    assert (first.hide(one) == second.hide(other)) == (one == other)


@given(one=documents(), other=documents())
def test_a_pseudonym_does_not_depend_on_what_was_seen_before(one: Json, other: Json) -> None:
    busy = redaction()
    busy.hide(other)

    assert busy.hide(one) == redaction().hide(one)


@given(document=documents(numbers=False))
@example(document={"message": ".Lena"})
def test_what_is_hidden_stays_as_it_is_when_it_is_hidden_again(document: Json) -> None:
    """Traffic that a run has written is read by validate."""
    once = redaction().hide(document)

    assert Redaction(STUB_KEY, trusting=True).hide(once) == once


@given(text=st.text(max_size=20))
def test_a_body_that_is_hidden_stays_as_it_is(text: str) -> None:
    once = redaction().hide_body(f"<{text}".encode(errors="surrogatepass"))

    assert Redaction(STUB_KEY, trusting=True).hide_body(once) == once


@pytest.mark.parametrize("value", ["id-0123456789ab", "TEXT-0123456789AB"])
def test_what_a_tenant_makes_look_like_a_pseudonym_is_hidden_all_the_same(value: str) -> None:
    assert redaction().hide({"name": value})["name"] != value


def test_another_key_makes_other_pseudonyms() -> None:
    assert Redaction(b"a").hide("Lena Fischer") != Redaction(b"b").hide("Lena Fischer")


def test_an_id_in_a_path_has_the_pseudonym_that_it_has_in_a_document() -> None:
    one = redaction()

    hidden = one.hide({"id": ID})["id"]

    assert one.hide_path(f"/v2024/work-items/{ID}?ownerId={ID}") == f"/v2024/work-items/{hidden}?ownerId={hidden}"
    assert one.found == {ID}


def test_a_generated_path_stays_as_it_is() -> None:
    path = "/v2024/work-items/%C3%A9?limit=250&filters=name%20eq%20%22x%22"

    assert redaction().hide_path(path) == path


# The way back


def hidden_id(one: Redaction, value: str) -> str:
    """As the run learns it from a list. Some texts are no secret: they stay."""
    pseudonym: str = one.hide({"id": value})["id"]
    return pseudonym


@given(value=values.filter(str.strip))
@example("a/b")
@example("..")
@example("%2F")
def test_in_a_path_the_value_comes_back(value: str) -> None:
    one = redaction()
    sent = Request("GET", f"{ORIGIN}/v2024/work-items/{quote(hidden_id(one, value), safe='')}/forward?limit=1")

    real = one.reveal(sent)

    assert unquote(urlsplit(real.url).path) == f"/v2024/work-items/{value}/forward"
    assert urlsplit(real.url).path.count("/") == 4
    assert urlsplit(real.url).query == "limit=1"


@given(value=values.filter(str.strip))
def test_in_a_query_the_value_comes_back(value: str) -> None:
    one = redaction()
    query = urlencode({"ownerId": hidden_id(one, value), "limit": "1"}, quote_via=quote)

    real = one.reveal(Request("GET", f"{ORIGIN}/v2024/work-items?{query}"))

    assert parse_qs(urlsplit(real.url).query, keep_blank_values=True) == {"ownerId": [value], "limit": ["1"]}


@given(several=st.lists(values.filter(str.strip), min_size=1, max_size=3), is_raw=st.booleans())
def test_in_the_quotes_of_a_filter_the_value_comes_back(several: list[str], is_raw: bool) -> None:
    one = redaction()
    text = f"id in ({', '.join(quoted(hidden_id(one, value)) for value in several)}) and name eq {quoted('x')}"
    query = text.replace(" ", "+") if is_raw and text.isascii() and not set(text) & set("%&#+") else quote(text, safe="")

    real = one.reveal(Request("GET", f"{ORIGIN}/v2024/task-status?filters={query}"))

    (told,) = parse_qs(urlsplit(real.url).query)["filters"]
    assert tuple(filters.values_of(filters.parse(told), "id")) == tuple(several)


@given(several=st.lists(values, min_size=1, max_size=3))
def test_in_a_json_body_the_value_comes_back(several: list[str]) -> None:
    one = redaction()
    body = json.dumps({"targetOwnerId": [hidden_id(one, value) for value in several], "comment": "für Sie"}, ensure_ascii=False).encode()

    real = one.reveal(Request("POST", f"{ORIGIN}/v2024/work-items/x/forward", (), body))

    assert json.loads(real.body) == {"targetOwnerId": several, "comment": "für Sie"}


@given(value=st.sampled_from([ID, UUID, "Lena Fischer"]))
def test_in_upper_case_it_stands_for_the_value_in_upper_case(value: str) -> None:
    one = redaction()
    sent = Request("GET", f"{ORIGIN}/v2024/work-items/{hidden_id(one, value).upper()}")

    assert unquote(urlsplit(one.reveal(sent).url).path) == f"/v2024/work-items/{value.upper()}"


def test_in_mixed_case_it_stands_for_the_value_as_it_is() -> None:
    one = redaction()
    sent = Request("GET", f"{ORIGIN}/v2024/work-items/{hidden_id(one, ID).capitalize()}")

    assert one.reveal(sent).path == f"/v2024/work-items/{ID}"


@given(path=st.text(storable, max_size=10).map(quote), body=st.binary(max_size=20))
@example(path="id-0123456789ab", body=b'"text-0123456789ab"')
def test_what_stands_for_nothing_is_sent_byte_by_byte(path: str, body: bytes) -> None:
    one = redaction()
    hidden_id(one, "somebody")
    sent = Request("POST", f"{ORIGIN}/{path}?{path}", (("X", "y"),), body)

    assert one.reveal(sent) == sent


def test_a_body_that_is_no_utf8_keeps_its_bytes_beside_a_pseudonym() -> None:
    one = redaction()
    body = b"\xff" + hidden_id(one, "somebody").encode() + b"\xfe"

    assert one.reveal(Request("POST", f"{ORIGIN}/", (), body)).body == b"\xffsomebody\xfe"


def test_an_id_that_cannot_be_a_url_does_not_stop_a_run() -> None:
    """A lone surrogate is valid in JSON, and in no URL: what cannot be sent is left as it is."""
    one = redaction()
    sent = Request("GET", f"{ORIGIN}/v2024/work-items/{hidden_id(one, 'a' + chr(0xD800))}")

    assert one.reveal(sent).url.startswith(f"{ORIGIN}/v2024/work-items/")


def test_one_pseudonym_alone_can_be_asked_for() -> None:
    one = redaction()

    assert one.real(hidden_id(one, ID)) == ID
    assert one.real("id-0123456789ab") == "id-0123456789ab"


# The key


def test_the_key_is_made_once_and_is_the_owners_alone(tmp_path: Path) -> None:
    key = machine_key(tmp_path)

    assert len(key) == 32
    assert machine_key(tmp_path) == key
    assert (tmp_path / "pseudonyms.key").stat().st_mode & 0o777 == 0o600
