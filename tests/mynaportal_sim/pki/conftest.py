"""Two authorities, a person, and the certificates that they have."""

import os
from datetime import UTC, date, datetime
from itertools import product

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from card_reader.spec import Kind
from mynaportal_sim.pki import authority
from mynaportal_sim.pki.authority import Authorities
from mynaportal_sim.pki.certificate import Anchor
from mynaportal_sim.pki.model import Family, Holder
from mynaportal_sim.pki.suites import P_384, RSA_2048
from tests.mynaportal_sim.pki.foreign import Foreign

NOW = datetime(2026, 11, 23, 3, 4, 5, tzinfo=UTC)


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def authorities() -> Authorities:
    return Authorities(
        authority.create(kind, NOW, os.urandom, family)
        for family, kind in product(Family, Kind)
    )


@pytest.fixture(scope="session")
def anchors(authorities: Authorities) -> tuple[Anchor, ...]:
    return tuple(Anchor.of(each.certificate) for each in authorities.every)


@pytest.fixture(scope="session")
def holder_key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


@pytest.fixture(scope="session")
def holder() -> Holder:
    return Holder(
        municipality_code="13221",
        prefecture="Tokyo-to",
        city="Kiyose-shi",
        name="吉田\u3000花子",
        name_positions="10000",
        sex="2",
        born=date(1985, 4, 12),
        address="東京都清瀬市緑風台２丁目１４番７号",
        address_positions="0" * 17,
    )


@pytest.fixture(scope="session", params=[RSA_2048, P_384], ids=lambda suite: suite.jws)
def foreign(
    request: pytest.FixtureRequest, now: datetime, tmp_path_factory: pytest.TempPathFactory
) -> Foreign:
    return Foreign.of(request.param, now, tmp_path_factory.mktemp("foreign"))
