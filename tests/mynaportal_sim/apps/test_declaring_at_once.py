"""Declarations and reviews that come at once: each is of one version, and none is lost."""

import asyncio
import json
from contextlib import closing
from datetime import UTC, datetime
from secrets import token_bytes

from cryptography.hazmat.primitives.asymmetric import ec

from consent.ledger import store as ledger
from consent.ledger.entry import Value, read_body, read_leaf
from consent.model import DeclaredPurpose
from mynaportal_sim.apps import service
from mynaportal_sim.apps.errors import DeclaredMeanwhileError
from mynaportal_sim.apps.model import App
from mynaportal_sim.apps.registration import Registration, check
from mynaportal_sim.database import Database
from mynaportal_sim.sample_app.relying_party import public_jwk

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
SCOPES = ("openid",)
APP = check(
    Registration(
        name="健康ノート",
        organisation="健康ノート株式会社",
        redirect_uris=("https://app.example/cb",),
        jwks=json.dumps({"keys": [public_jwk(ec.generate_private_key(ec.SECP256R1()))]}),
        scopes=SCOPES,
        profile="oidc",
        supervisor="田中一郎",
        purpose="self-care",
        purpose_text="推移を見るため",
    ),
    "app-1",
    SCOPES,
    ("self-care",),
    NOW,
)
MANY = 12


async def _declare(database: Database, text: str) -> DeclaredPurpose | None:
    """What became of it; None where another came first."""
    wish = service.Declaration(APP.client_id, "self-care", text)
    try:
        return await database.write(service.declare, wish, NOW, token_bytes)
    except DeclaredMeanwhileError:
        return None


async def _review(database: Database, version: int) -> App | None:
    reviewed = (APP.client_id, version, f"審査会{version}", NOW, token_bytes)
    try:
        return await database.write(service.review, *reviewed)
    except DeclaredMeanwhileError:
        return None


def _entered(database: Database) -> list[tuple[str, Value]]:
    """The type and the version of each entry, from the first."""
    found = database.run(ledger.newest, 9 * MANY)
    return [
        (read_leaf(one.leaf).type, read_body(one.body)["purpose_version"].value)
        for one in reversed(found)
        if one.body is not None
    ]


def test_each_version_is_that_of_one_declaration(database_url: str) -> None:
    with closing(Database(database_url)) as database:
        database.run(service.register, APP, NOW, token_bytes)

        async def at_once() -> list[DeclaredPurpose | None]:
            wishes = (_declare(database, f"推移を{n}か月ごとに見るため") for n in range(MANY))
            return await asyncio.gather(*wishes)

        declared = {one.version: one for one in asyncio.run(at_once()) if one is not None}
        kept = database.run(service.every_declaration, APP.client_id)
        assert declared
        assert [one.purpose.version for one in kept] == list(range(1, len(declared) + 2))
        assert [one.purpose for one in kept[1:]] == [declared[n] for n in sorted(declared)]
        newest = [version for _, version in _entered(database)]
        assert newest == [one.purpose.version for one in kept]


def test_no_declaration_is_reviewed_after_the_next_is_made(database_url: str) -> None:
    with closing(Database(database_url)) as database:
        database.run(service.register, APP, NOW, token_bytes)

        async def at_once() -> None:
            for n in range(MANY):
                await asyncio.gather(
                    _review(database, n + 1),
                    _declare(database, f"推移を{n}か月ごとに見るため"),
                    _review(database, n + 1),
                )

        asyncio.run(at_once())
        newest = 1
        for kind, version in _entered(database):
            if kind == "app.purpose_declared":
                newest = int(str(version))
            assert version == newest, kind
        assert newest == MANY + 1
