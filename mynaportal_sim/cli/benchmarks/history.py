"""A long history of consents and accesses, as a portal with many people would log it.

A few in a thousand accesses come after their consent has ended, so that the researcher's
questions have something to find.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import islice
from random import Random
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, insert

from consent.ledger import checkpoint, tables, tiles
from consent.ledger.checkpoint import Checkpoint
from consent.ledger.entry import APP, AT, HOLDER, Entry, Sealed, Value, b64url, canonical
from consent.ledger.merkle import leaf_hash
from consent.ledger.note import Signer

APPS = 20
PEOPLE_PER_ENTRY = 0.05
STEP = timedelta(seconds=10)
CHUNK = 40 * tiles.WIDTH  # entries stored at a time

_CATEGORIES = ("basic", "checkup", "medication")
_REASONS = ("withdrawn", "expired", "other_category")
_MISUSE = 0.003
_COMMITMENT, _SALT = 42, 21  # characters of base64url before the last, which is fixed
_NOISE = b64url(Random(0).randbytes(1 << 16))  # noqa: S311  salts of nobody


@dataclass(slots=True)
class _Consent:
    """What an app may have of a person, in the fields that each entry about it repeats."""

    holder: bytes
    about: dict[str, Value]
    categories: list[str]
    ends: datetime


class Happened(NamedTuple):
    """An entry and its instant."""

    at: datetime
    entry: Entry


def happening(size: int, begin: datetime, random: Random) -> Iterator[Happened]:
    """`size` entries from `begin` on, in the order of time."""
    standing: list[_Consent] = []
    ended: list[_Consent] = []
    pending: list[_Consent] = []
    people = [sha256(b"%d" % n).digest() for n in range(max(1, int(size * PEOPLE_PER_ENTRY)))]
    for number in range(size):
        at = begin + number * STEP
        drawn = random.random()
        if drawn < 0.06 or not (pending or standing):
            pending.append(_asked(random.choice(people), at, random))
            yield Happened(at, _question(pending[-1]))
        elif pending and (drawn < 0.1 or not standing):
            asked = pending.pop(random.randrange(len(pending)))
            granted = drawn < 0.09
            if granted:
                standing.append(asked)
            yield Happened(at, _answer(asked, at, granted=granted))
        elif drawn < 0.12:
            gone = standing.pop(random.randrange(len(standing)))
            ended.append(gone)
            yield Happened(at, _about(gone, "consent.withdrawn", {"channel": "jpki"}))
        elif drawn < 0.2:
            yield Happened(at, _token(random.choice(standing), random))
        elif drawn < 0.24:
            reason: dict[str, Value] = {"reason": random.choice(_REASONS)}
            yield Happened(at, _access(random.choice(standing), "access.refused", reason))
        else:
            among = ended if ended and random.random() < _MISUSE else standing
            used: dict[str, Value] = {"count": random.randrange(20)}
            yield Happened(at, _access(random.choice(among), "access.permitted", used))


def store_log(
    connection: Connection, happened: Iterator[Happened], signer: Signer, random: Random
) -> int:
    """Put entries into an empty ledger as a sequencer leaves it, and say how many they were."""
    tree: dict[tiles.TileId, bytes] = {}

    def read(level: int, number: int) -> bytes:
        return tree.get((level, number), b"")

    size = 0
    while sealed := [
        (_sealed(entry, at, random), entry) for at, entry in islice(happened, CHUNK)
    ]:
        leaves = [
            {"id": size + n + 1, "position": size + n, "leaf": one.leaf}
            for n, (one, _) in enumerate(sealed)
        ]
        bodies = [
            {
                "entry_id": size + n + 1,
                "holder": entry.holder,
                "app_id": entry.fields[APP],
                "body": one.body,
            }
            for n, (one, entry) in enumerate(sealed)
        ]
        connection.execute(insert(tables.entries), leaves)
        connection.execute(insert(tables.bodies), bodies)
        hashes = [leaf_hash(one.leaf) for one, _ in sealed]
        tree.update(tiles.grown(read, size, hashes))
        size += len(sealed)
    rows = [{"level": at[0], "number": at[1], "hashes": row} for at, row in tree.items()]
    connection.execute(insert(tables.tile_rows), rows)
    note = checkpoint.sign(Checkpoint(signer.name, size, tiles.root(read, size)), signer)
    connection.execute(insert(tables.checkpoints), {"size": size, "signed_at": 0, "note": note})
    return size


def _sealed(entry: Entry, at: datetime, random: Random) -> Sealed:
    """What `seal` gives, but with commitments to nothing: an export does not look at them, and
    true ones would take minutes."""
    second = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    values = {**entry.fields, AT: second, HOLDER: b64url(entry.holder or b"")}
    commitments, openings, begin = [], [], random.getrandbits(16)
    for name, value in sorted(values.items()):
        begin = (begin + _SALT) % (len(_NOISE) - _COMMITMENT)
        commitments.append(f'"{name}":"{_NOISE[begin : begin + _COMMITMENT]}A"')
        salt = f"{_NOISE[begin : begin + _SALT]}A"
        openings.append(f'"{name}":{{"salt":"{salt}","value":{canonical(value)}}}')
    leaf = (
        f'{{"commitments":{{{",".join(commitments)}}},"minute":"{second[:16]}Z",'
        f'"type":"{entry.type}","v":1}}'
    )
    return Sealed(leaf.encode(), f'{{"fields":{{{",".join(openings)}}}}}'.encode())


def _asked(holder: bytes, at: datetime, random: Random) -> _Consent:
    app = random.randrange(APPS)
    categories = sorted(random.sample(_CATEGORIES, random.randint(1, len(_CATEGORIES))))
    about: dict[str, Value] = {
        "app_id": f"app-{app:024x}",
        "app_name": f"すこやか手帳 {app}",
        "arrangement": str(UUID(int=random.getrandbits(128), version=4)),
        "consent_version": str(UUID(int=random.getrandbits(128), version=4)),
        "purpose": "self-care",
        "purpose_text": "健診結果の推移をグラフで表示するため",
        "legal_basis": "APPI-27-1",
        "supervisor": "個人情報保護責任者" if app % 5 else "",
    }
    return _Consent(holder, about, categories, at + timedelta(days=90))


def _question(asked: _Consent) -> Entry:
    about = {name: value for name, value in asked.about.items() if name != "consent_version"}
    fields = about | {
        "categories": list(_CATEGORIES),
        "request": str(asked.about["arrangement"]),
    }
    return Entry("consent.requested", fields, asked.holder)


def _answer(asked: _Consent, at: datetime, *, granted: bool) -> Entry:
    terms: dict[str, Value] = {
        "asked": list(_CATEGORIES),
        "number": 1,
        "valid_from": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "valid_until": f"{asked.ends:%Y-%m-%dT%H:%M:%SZ}",
        "service": "phr",
        "recipients": [str(asked.about["app_name"])],
        "channel": "jpki",
        "max_uses": 40,
    }
    return _about(asked, "consent.granted" if granted else "consent.denied", terms)


def _token(consent: _Consent, random: Random) -> Entry:
    issued: dict[str, Value] = {"request": "refresh_token", "token": random.randbytes(12).hex()}
    return _about(consent, "token.issued", issued)


def _access(consent: _Consent, kind: str, more: dict[str, Value]) -> Entry:
    return _about(consent, kind, {"request": "GET /fhir/Observation"} | more)


def _about(consent: _Consent, kind: str, more: dict[str, Value]) -> Entry:
    fields = consent.about | {"categories": consent.categories} | more
    return Entry(kind, fields, consent.holder)
