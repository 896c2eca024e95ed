"""Whole cards to read, and forgeries of them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from card_reader.client.session import Session
from card_reader.emulator.card import Card
from card_reader.emulator.contents import Contents
from card_reader.emulator.personalise import CardData, write_card
from card_reader.errors import NotVerifiedError
from tests.card_reader.printed import Issuer, contents

Made = Callable[[Contents], Session]
A = TypeVar("A")


def opened(files: Mapping[str, Callable[[A], object]], application: A) -> set[str]:
    """Which of an application's files can be read."""
    readable = set()
    for name, read in files.items():
        try:
            read(application)
        except NotVerifiedError:
            continue
        readable.add(name)
    return readable


@pytest.fixture(scope="session")
def issuer(keys: list[RSAPrivateKey]) -> Issuer:
    return Issuer.of(keys)


@pytest.fixture(scope="session")
def printed(issuer: Issuer) -> Contents:
    return contents(issuer)


@pytest.fixture
def made(tmp_path: Path, adult: CardData) -> Made:
    """Puts contents on a card, and that on a reader."""

    def session(held: Contents) -> Session:
        path = tmp_path / "whole.json"
        write_card(path, replace(adult, contents=held))
        return Session(Card.load(path))

    return session


@pytest.fixture
def conversation(made: Made, printed: Contents) -> Session:
    """A conversation with a card that has all applications."""
    return made(printed)
