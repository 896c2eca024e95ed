import json
import os
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynaportal_sim.database import Database
from mynaportal_sim.residents import characters, numbers, personas, store
from mynaportal_sim.residents.errors import PersonaFileError
from mynaportal_sim.residents.model import CardState, Resident
from mynaportal_sim.residents.personas import Persona

TODAY = date(2026, 11, 23)
BUILT_IN = personas.load(None, TODAY)
CUSTOM: dict[str, Any] = {
    "id": "mori-aoi",
    "name": {"family": "森", "given": "葵"},
    "kana": {"family": "モリ", "given": "アオイ"},
    "romaji": {"family": "Mori", "given": "Aoi"},
    "born": "2000-06-01",
    "sex": "2",
    "address": "長野県松本市白樺台１丁目１番１号",
    "municipality": {
        "code": "20202",
        "prefecture": "長野県",
        "name": "松本市",
        "prefecture_romaji": "Nagano-ken",
        "romaji": "Matsumoto-shi",
    },
    "note_ja": "追加した人です。",
    "note_en": "Somebody added.",
}


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


def _file(tmp_path: Path, *entries: object) -> Path:
    path = tmp_path / "custom.json"
    path.write_text(json.dumps(entries), "utf-8")
    return path


def _changed(**changes: object) -> dict[str, Any]:
    return {**deepcopy(CUSTOM), **changes}


def _one(persona_id: str) -> Persona:
    [found] = [persona for persona in BUILT_IN if persona.id == persona_id]
    return found


def test_there_is_an_ordinary_person_and_a_dozen_others() -> None:
    assert len({persona.id for persona in BUILT_IN}) == len(BUILT_IN) >= 12
    assert _one("sato-hanako").card.state is CardState.GOOD


@pytest.mark.parametrize("persona", BUILT_IN, ids=lambda persona: persona.id)
def test_no_persona_has_a_number_that_a_real_person_could_have(persona: Persona) -> None:
    assert persona.my_number is not None
    assert not numbers.could_be_real(persona.my_number)


@pytest.mark.parametrize(
    ("persona_id", "is_so"),
    [
        pytest.param("hayashi-kaoru", lambda p: len(p.address) > 60, id="long address"),
        pytest.param(
            "yoshida-sho",
            lambda p: not all(map(characters.fits, p.name.family)),
            id="character outside JIS level 2",
        ),
        pytest.param("tanaka-yui", lambda p: TODAY.year - p.born.year < 15, id="child"),
        pytest.param("watanabe-chiyo", lambda p: TODAY.year - p.born.year > 90, id="elderly"),
        pytest.param(
            "yamamoto-daisuke", lambda p: p.card.state is CardState.EXPIRED, id="expired card"
        ),
        pytest.param(
            "nakamura-naoki", lambda p: p.card.state is CardState.REVOKED, id="revoked card"
        ),
        pytest.param(
            "kobayashi-sakura", lambda p: p.card.state is CardState.PIN_LOCKED, id="locked PIN"
        ),
        pytest.param("nguyen-van-an", lambda p: p.name.family.isascii(), id="Latin name"),
        pytest.param("ito-misaki", lambda p: p.card.state is CardState.MOVED, id="moved"),
        pytest.param("suharti", lambda p: p.name.given == "", id="no given name"),
        pytest.param("kato-osamu", lambda p: p.address.startswith("アメリカ"), id="abroad"),
        pytest.param(
            "okada-jun", lambda p: (p.born.month, p.born.day) == (2, 29), id="leap day"
        ),
    ],
)
def test_edge_cases_are_among_the_personas(
    persona_id: str, is_so: Callable[[Persona], bool]
) -> None:
    assert is_so(_one(persona_id))


def test_twins_differ_in_given_name_and_number_only() -> None:
    elder, younger = _one("takahashi-haruna"), _one("takahashi-hinata")
    assert (elder.born, elder.sex, elder.address) == (
        younger.born,
        younger.sex,
        younger.address,
    )
    assert elder.name.given != younger.name.given
    assert elder.my_number != younger.my_number


def test_a_file_adds_personas_with_the_published_pins(tmp_path: Path) -> None:
    *_, added = personas.load(_file(tmp_path, CUSTOM), TODAY)
    assert (added.id, added.card.pin, added.card.password) == ("mori-aoi", "1234", "ABC123")


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        pytest.param(_changed(id="Mori Aoi"), "field id:", id="id"),
        pytest.param(_changed(id="sato-hanako"), "field id: a built-in", id="built-in id"),
        pytest.param(_changed(born="2000-02-30"), "field born:", id="no such day"),
        pytest.param(_changed(born="2026-11-24"), "field born:", id="not born yet"),
        pytest.param(_changed(sex="F"), "field sex:", id="sex"),
        pytest.param(
            _changed(kana={"family": "もり", "given": ""}), "field kana.family:", id="kana"
        ),
        pytest.param(_changed(card={"pin": "12345"}), "field card.pin: must be", id="PIN"),
        pytest.param(
            _changed(card={"password": "abcdef"}), "field card.password: must be", id="password"
        ),
        pytest.param(_changed(card={"state": "lost"}), "field card.state:", id="card state"),
        pytest.param(_changed(my_number="12345678901"), "field my_number:", id="11 digits"),
        pytest.param(
            _changed(my_number="123456789018"), "my_number: its check digit is right", id="real"
        ),
        pytest.param(_changed(address="𠮷野町１番"), "address: 𠮷 (U+20BB7)", id="no stand-in"),
        pytest.param(_changed(address="一行目\n二行目"), "field address:", id="line break"),
        pytest.param(
            _changed(municipality={"code": "1"}), "field municipality.code", id="code"
        ),
        pytest.param(_changed(nickname="あお"), "field nickname:", id="unknown field"),
        pytest.param({"id": "mori-aoi"}, "field name:", id="missing field"),
        pytest.param("mori-aoi", "entry 2:", id="no object"),
    ],
)
def test_a_bad_entry_is_named_with_its_field(entry: object, place: str, tmp_path: Path) -> None:
    good = _changed(id="mori-sora")
    with pytest.raises(PersonaFileError) as failure:
        personas.load(_file(tmp_path, good, entry), TODAY)
    fault = next(fault for fault in failure.value.faults if place in fault)
    assert fault.startswith("entry 2")
    if isinstance(entry, dict):
        assert f"(id {entry['id']!r})" in fault
    assert "123456789018" not in str(failure.value)


def test_an_id_is_used_once_in_a_file(tmp_path: Path) -> None:
    with pytest.raises(PersonaFileError, match=r"entry 2 .*an earlier entry has this id"):
        personas.load(_file(tmp_path, CUSTOM, CUSTOM), TODAY)


@pytest.mark.parametrize("text", ["", "{}", "nul", "[" * 100_000, '"\udcff"'], ids=repr)
def test_what_is_no_list_is_said_so(text: str) -> None:
    with pytest.raises(PersonaFileError, match=r"^here: not "):
        personas.parse(text, "here", TODAY)


def test_a_missing_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(PersonaFileError, match="cannot be read"):
        personas.load(tmp_path / "none.json", TODAY)


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(field=st.sampled_from(sorted(CUSTOM)), value=_JSON)
def test_any_value_in_a_field_is_taken_or_named(field: str, value: object) -> None:
    text = json.dumps([{**CUSTOM, field: value}])
    try:
        [persona] = personas.parse(text, "here", TODAY)
    except PersonaFileError as error:
        assert all(fault.startswith("entry 1") for fault in error.faults)  # noqa: PT017
    else:
        assert json.loads(persona.model_dump_json())[field] == value


def test_residents_are_settled_once_and_keep_their_ids(
    database: Database, tmp_path: Path
) -> None:
    first = database.run(personas.settle, BUILT_IN, os.urandom)
    more = personas.load(_file(tmp_path, CUSTOM), TODAY)
    second = database.run(personas.settle, more, os.urandom)
    assert {persona.id for persona in more} == {resident.persona for resident in second}
    assert [resident for resident in second if resident.persona != "mori-aoi"] == first
    assert len({resident.id for resident in second}) == len(second)


def test_a_resident_is_found_by_persona_and_by_id(database: Database) -> None:
    residents = database.run(personas.settle, BUILT_IN, os.urandom)
    for resident in residents:
        assert database.run(store.by_persona, resident.persona) == resident
        assert database.run(store.by_id, resident.id) == resident
    assert database.run(store.by_persona, "nobody") is None


def test_a_number_that_a_file_leaves_out_is_drawn_and_never_shown(
    database: Database, tmp_path: Path
) -> None:
    added = personas.load(_file(tmp_path, CUSTOM), TODAY)
    residents: list[Resident] = database.run(personas.settle, added, os.urandom)
    for resident in residents:
        assert not numbers.could_be_real(resident.my_number)
        assert resident.my_number not in repr(resident)
        assert "1234" not in repr(resident.card)
    assert str(_one("sato-hanako").my_number) not in repr(BUILT_IN)
