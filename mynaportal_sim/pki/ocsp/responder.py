"""Answers to requests, whatever bytes they are, by what the register says of certificates."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import Hash, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.ocsp import OCSPResponseBuilder, OCSPResponseStatus

from mynaportal_sim.opaque import Randomness
from mynaportal_sim.pki import profiles
from mynaportal_sim.pki.authority import Authorities, Authority
from mynaportal_sim.pki.ocsp import messages
from mynaportal_sim.pki.ocsp.messages import (
    CertId,
    MalformedOcspError,
    OcspRequest,
    Said,
    Signer,
)
from mynaportal_sim.pki.store import RegisteredStatus

GOOD_FOR = timedelta(hours=1)
"""From thisUpdate to nextUpdate. Each answer is made anew, so that nobody need wait for it."""

_SERIAL_MAX = 2**63 - 1

Name = tuple[bytes, int]
"""Which certificate is meant, as the register names it."""


@dataclass(frozen=True, slots=True)
class Questions:
    """What a request asks, and of which certificates; None for those of others than `by`."""

    asked: OcspRequest
    names: tuple[Name | None, ...]
    by: Authority
    """Who answers: the authority of the first certificate that is one of ours."""


@dataclass
class Responder:
    """The responder of all authorities that it is given; it has a key for each asked."""

    randomness: Randomness = field(repr=False)
    _issuers: dict[tuple[bytes, bytes], Authority] = field(default_factory=dict)
    _authorities: Authorities | None = None
    _signers: dict[bytes, Signer] = field(default_factory=dict)

    def serve(self, authorities: Authorities) -> None:
        """Answer for these authorities from now on."""
        if authorities is self._authorities:
            return
        self._authorities = authorities
        self._issuers = {
            _hashes(authority.certificate, digest): authority
            for authority in authorities.every
            for digest in messages.HASHES.values()
        }

    def read(self, der: bytes) -> Questions | bytes:
        """What a request asks, or the response that it gets for being none that is answered."""
        try:
            asked = messages.read(der)
        except MalformedOcspError:
            return MALFORMED
        issuers = [self._issuer(one) for one in asked.questions]
        ours = next((one for one in issuers if one is not None), None)
        if ours is None:
            return UNAUTHORIZED
        # One signature is on all answers, and an authority lets it speak of its own alone
        # (RFC 6960, 4.2.2.2).
        names = tuple(
            _name(issuer if issuer is ours else None, question.serial)
            for issuer, question in zip(issuers, asked.questions, strict=True)
        )
        return Questions(asked, names, ours)

    def answer(
        self, questions: Questions, found: Mapping[Name, RegisteredStatus], now: datetime
    ) -> bytes:
        """The response that says what the register says now."""
        said = [
            _said(question, None if name is None else found.get(name), now)
            for question, name in zip(questions.asked.questions, questions.names, strict=True)
        ]
        signer = self._signer(questions.by, now)
        return messages.write(said, questions.asked.nonce, signer, now)

    def _issuer(self, question: CertId) -> Authority | None:
        if question.hash_algorithm.algorithm not in messages.HASHES:
            return None
        return self._issuers.get((question.issuer_name_hash, question.issuer_key_hash))

    def _signer(self, authority: Authority, now: datetime) -> Signer:
        """A key that the authority lets answer for it, another one when its month is over."""
        known = self._signers.get(authority.key_hash)
        if known is None or not _lasts(known.certificate, now):
            key = authority.suite.new_key()
            builder = profiles.responder(
                authority.family,
                authority.kind,
                key.public_key(),
                authority.certificate,
                now,
                self.randomness,
            )
            certificate = builder.sign(authority.key, authority.suite.digest)
            known = Signer(certificate, key, authority.suite)
            self._signers[authority.key_hash] = known
        return known


def _unsuccessful(status: OCSPResponseStatus) -> bytes:
    return OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)


MALFORMED = _unsuccessful(OCSPResponseStatus.MALFORMED_REQUEST)
TRY_LATER = _unsuccessful(OCSPResponseStatus.TRY_LATER)
UNAUTHORIZED = _unsuccessful(OCSPResponseStatus.UNAUTHORIZED)


def _said(question: CertId, standing: RegisteredStatus | None, now: datetime) -> Said:
    until = now + GOOD_FOR
    if standing is None:
        return messages.unknown(question, now, until)
    if standing.revoked is None:
        return messages.good(question, now, until)
    return messages.revoked(question, standing.revoked, now, until)


def _name(issuer: Authority | None, serial: int) -> Name | None:
    if issuer is None or not 0 < serial <= _SERIAL_MAX:
        return None
    return issuer.key_hash, serial


def _lasts(certificate: x509.Certificate, now: datetime) -> bool:
    end = certificate.not_valid_after_utc
    return certificate.not_valid_before_utc <= now < end - GOOD_FOR


def _hashes(issuer: x509.Certificate, digest: HashAlgorithm) -> tuple[bytes, bytes]:
    """By which a CertID names an issuer: of its name, and of its key's BIT STRING."""
    key = issuer.public_key()
    form = (
        (Encoding.DER, PublicFormat.PKCS1)
        if isinstance(key, RSAPublicKey)
        else (Encoding.X962, PublicFormat.UncompressedPoint)
    )
    return _hash(issuer.subject.public_bytes(), digest), _hash(key.public_bytes(*form), digest)


def _hash(data: bytes, digest: HashAlgorithm) -> bytes:
    hashed = Hash(digest)
    hashed.update(data)
    return hashed.finalize()
