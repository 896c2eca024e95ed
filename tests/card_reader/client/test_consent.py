"""Signing a consent by the key for signatures."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from card_reader.client.consent import sign_consent
from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.errors import LastTryError, MalformedPinError, WrongPinError
from card_reader.spec import Kind
from card_reader.statement import ConsentStatement
from tests.card_reader.conftest import PASSWORD

STATEMENT = ConsentStatement('{"shown":[]}')


def test_the_signature_is_over_the_whole_statement(session: Session) -> None:
    signed = sign_consent(Jpki(session), STATEMENT, PASSWORD.lower())
    key = x509.load_der_x509_certificate(signed.certificate).public_key()
    assert isinstance(key, RSAPublicKey)
    key.verify(signed.signature, STATEMENT.tbs(), PKCS1v15(), SHA256())


def test_no_password_reaches_the_card_that_cannot_be_right_or_would_be_the_last(
    session: Session,
) -> None:
    jpki = Jpki(session)
    with pytest.raises(MalformedPinError):
        sign_consent(jpki, STATEMENT, "1234")
    assert jpki.tries(Kind.SIGNING) == 5
    for _ in range(4):
        with pytest.raises(WrongPinError):
            sign_consent(jpki, STATEMENT, "WRONG123")
    with pytest.raises(LastTryError):
        sign_consent(jpki, STATEMENT, PASSWORD)
    assert jpki.tries(Kind.SIGNING) == 1
