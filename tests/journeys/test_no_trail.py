"""The public log leads nobody to a person: not by its leaves, nor by joining what apps know."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import product
from pathlib import Path
from random import Random

import pytest

from consent.japan import day_of
from consent.ledger import store
from consent.ledger.copies import Copy
from consent.ledger.entry import (
    SALT_LENGTH,
    Opening,
    canonical,
    commitment,
    read_body,
    read_leaf,
)
from consent.ledger.static_files import read_bundle
from mynaportal_sim import keys
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.residents import store as residents
from mynaportal_sim.residents.model import CardState, Resident
from mynaportal_sim.sample_app.relying_party import RelyingParty
from mynaportal_sim.settings import Settings
from tests.journeys.kit import Portal, copy_world, details, free_port, running

MOMENTS = {"at", "valid_from", "valid_until"}  # to the second, so that others share them
ACCESSES = 3  # of each app for each person
LUCK = 4  # right guesses that happen by chance; of 13 people, 5 come up once in 500 times

Entries = list[tuple[int, Mapping[str, Opening]]]


@dataclass(frozen=True)
class World:
    """People who used two apps each, in an order that follows nothing, and the log of it."""

    settings: Settings
    database: Database
    people: list[Resident]
    apps: tuple[str, str]
    person_of: Mapping[str, str]
    """By arrangement; what the two apps would like to know."""

    def leaves(self) -> list[bytes]:
        """The log as everybody sees it."""
        bundles = sorted(self.settings.ledger.glob("tile/entries/*[0-9]"))
        partial = max(
            self.settings.ledger.glob("tile/entries/*.p/*"),
            key=lambda path: (path.parent.name, int(path.name)),
        )
        files = [path for path in bundles if path.is_file()] + [partial]
        return [leaf for path in files for leaf in read_bundle(path.read_bytes())]

    def copy(self, app_id: str, copy: Copy) -> dict[str, Entries]:
        """An app's entries by arrangement, each with its index and what the copy opens."""
        found: dict[str, Entries] = {}
        for logged in self.database.run(store.of_app, app_id, 10_000):
            openings = copy.of(read_body(logged.body or b""))
            if "arrangement" in openings:
                arrangement = str(openings["arrangement"].value)
                found.setdefault(arrangement, []).append((logged.position or 0, openings))
        return found


@pytest.fixture(scope="module")
def world(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data = tmp_path_factory.mktemp("trail") / "data"
    copy_world(template, data)
    settings, person_of = Settings(data=data), dict[str, str]()
    with running(Portal(data, free_port())) as portal:
        database = Database(settings.database_url)
        everyone = database.run(residents.everyone)
        today = day_of(Clock().now())
        people = [
            one
            for one in everyone
            if one.card.state is CardState.GOOD and one.age_on(today) >= settings.of_age
        ]
        apps = (portal.register(), portal.register())
        visits = list(product(people, apps))
        Random(20261126).shuffle(visits)
        for person, app in visits:
            person_of[_visit(portal, app, person)] = person.persona
        portal.until_indexed()
    yield World(settings, database, people, (apps[0].client_id, apps[1].client_id), person_of)
    database.close()


def _visit(portal: Portal, app: RelyingParty, person: Resident) -> str:
    """Log in, consent and have data fetched; the arrangement that came of it."""
    _, redirect = portal.walk(app, details("checkup", "medication"), persona=person.persona)
    tokens = app.redeem(redirect)
    for _ in range(ACCESSES):
        assert app.fetch(tokens, "/fhir/Observation?_count=1").status_code == 200
    return str(app.introspect(tokens.access_token)["arrangement"])


def attributes(world: World, person: Resident) -> set[str]:
    """All that the portal knows a person by."""
    names = keys.pseudonyms(world.settings.keys)
    said = {person.persona, person.address, person.my_number, str(person.id), person.id.hex}
    for name in (person.name, person.kana, person.romaji):
        said |= {name.full, name.family, name.given}
    said |= {person.born.isoformat(), person.born.strftime("%Y%m%d"), person.municipality.name}
    said |= {
        names.holder(person.id).hex(),
        *(names.subject(app, person.id) for app in world.apps),
    }
    return {text for text in said if len(text) > 1}


def test_no_leaf_holds_or_commits_openly_to_anything_of_a_person(world: World) -> None:
    told = set(world.person_of)
    for person in world.database.run(residents.everyone):
        told |= attributes(world, person)
    guessed = {sha256(text.encode()).digest() for text in told}
    guessed |= {sha256(canonical(text).encode()).digest() for text in told}
    leaves = world.leaves()
    names = {name for leaf in leaves for name in read_leaf(leaf).commitments}
    for salt in (b"", bytes(SALT_LENGTH)):
        guessed |= {commitment(name, Opening(salt, one)) for name in names for one in told}
    assert len(leaves) > len(world.people) * 2 * (ACCESSES + 3)
    for leaf in leaves:
        read = read_leaf(leaf)
        open_part = f"{read.type} {read.minute.isoformat()} {' '.join(read.commitments)}"
        assert not [text for text in told if text in open_part]
        assert guessed.isdisjoint(read.commitments.values())


def test_leaves_of_a_type_look_alike(world: World) -> None:
    """Neither length nor names of fields tell one person's or app's leaf from others."""
    shapes: dict[str, set[tuple[str, ...]]] = {}
    for leaf in map(read_leaf, world.leaves()):
        shapes.setdefault(leaf.type, set()).add(tuple(sorted(leaf.commitments)))
    assert {kind: len(found) for kind, found in shapes.items()} == dict.fromkeys(shapes, 1)


def test_what_two_apps_know_has_nothing_in_common_that_is_one_persons(world: World) -> None:
    """Equal values, salts and commitments: a second at most, which many share."""
    one, other = (_telling(world.copy(app, Copy.APP)) for app in world.apps)
    shared = one.keys() & other.keys()
    assert one
    assert all(isinstance(value, tuple) and value[0] in MOMENTS for value in shared)
    assert _hits(world, {one[value]: other[value] for value in shared}) <= LUCK
    leaves = [read_leaf(leaf) for leaf in world.leaves()]
    commitments = Counter(value for leaf in leaves for value in leaf.commitments.values())
    assert commitments.most_common(1)[0][1] == 1


@pytest.mark.parametrize("kind", ["consent.requested", "login.accepted", "access.permitted"])
def test_the_order_of_the_log_joins_arrangements_no_better_than_chance(
    world: World, kind: str
) -> None:
    """The apps pair what lies nearest in the log, or after the same entry of another kind."""
    leaves = [read_leaf(leaf) for leaf in world.leaves()]
    marks = [index for index, leaf in enumerate(leaves) if leaf.type == kind]
    one, other = (world.copy(app, Copy.APP) for app in world.apps)
    assert _hits(world, _nearest(_starts(one), _starts(other))) <= LUCK
    before = (_after(marks, _starts(one)), _after(marks, _starts(other)))
    assert _hits(world, _nearest(*before)) <= LUCK


def test_the_auditors_copy_does_join_them(world: World) -> None:
    """The one copy that opens whose entry it is; were it not so, the tests above were blind."""
    one, other = (_telling(world.copy(app, Copy.AUDITOR)) for app in world.apps)
    shared = [value for value in one.keys() & other if isinstance(value, tuple)]
    joined = {one[value]: other[value] for value in shared if value[0] == "holder"}
    assert _hits(world, joined) == len(world.people)


def _telling(copy: Mapping[str, Entries]) -> dict[object, str]:
    """Whatever occurs in one arrangement of an app only, with that arrangement."""
    seen: dict[object, set[str]] = {}
    for arrangement, entries in copy.items():
        for _, openings in entries:
            for name, shown in openings.items():
                for value in ((name, str(shown.value)), shown.salt):
                    seen.setdefault(value, set()).add(arrangement)
    return {value: next(iter(of)) for value, of in seen.items() if len(of) == 1}


def _starts(copy: Mapping[str, Entries]) -> dict[str, int]:
    return {arrangement: min(entries)[0] for arrangement, entries in copy.items()}


def _after(marks: list[int], starts: Mapping[str, int]) -> dict[str, int]:
    """For each arrangement, the last entry of a kind before it."""
    return {
        arrangement: max((mark for mark in marks if mark < index), default=0)
        for arrangement, index in starts.items()
    }


def _nearest(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, str]:
    return {
        arrangement: min(other, key=lambda guess: abs(other[guess] - index))
        for arrangement, index in one.items()
    }


def _hits(world: World, guesses: Mapping[str, str]) -> int:
    return sum(world.person_of[one] == world.person_of[guess] for one, guess in guesses.items())
