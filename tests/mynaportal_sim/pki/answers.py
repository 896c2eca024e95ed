"""Answers of responders, right and wrong, built by cryptography's own classes where it can."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from os import urandom
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponderEncoding, OCSPResponseStatus
from cryptography.x509.oid import ExtendedKeyUsageOID

from mynaportal_sim.pki import authority, profiles
from mynaportal_sim.pki.authority import Authority
from mynaportal_sim.pki.ocsp import messages
from mynaportal_sim.pki.ocsp.client import OLDEST, RESPONSE_MAX, SKEW
from mynaportal_sim.pki.ocsp.messages import Signer
from mynaportal_sim.pki.ocsp.responder import GOOD_FOR
from mynaportal_sim.pki.refusal import Code
from mynaportal_sim.pki.suites import P_384, RSA_2048

SECOND = timedelta(seconds=1)
_KEYS = {suite.jws: suite.new_key() for suite in (RSA_2048, P_384)}
"""Keys of responders, made once."""


@dataclass
class Answer:
    """An answer as it should be, with a few things changed; built as others build them."""

    issuer: Authority
    question: ocsp.OCSPRequest
    now: datetime
    status: OCSPCertStatus = OCSPCertStatus.GOOD
    this_update: timedelta = timedelta(0)
    next_update: timedelta | None = GOOD_FOR
    nonce: bytes | None = field(default=None)
    serial: int | None = None
    signer: Signer | None = None
    certificates: list[x509.Certificate] | None = None

    def der(self) -> bytes:
        signer = self.signer or signer_of(self.issuer, self.now)
        until = None if self.next_update is None else self.now + self.next_update
        asked = self.question.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response_by_hash(
                self.question.issuer_name_hash,
                self.question.issuer_key_hash,
                self.serial or self.question.serial_number,
                SHA256(),
                self.status,
                self.now + self.this_update,
                until,
                self.now if self.status is OCSPCertStatus.REVOKED else None,
                None,
            )
            .responder_id(OCSPResponderEncoding.HASH, signer.certificate)
        )
        if self.certificates != []:
            builder = builder.certificates(self.certificates or [signer.certificate])
        if self.nonce != b"":
            builder = builder.add_extension(x509.OCSPNonce(self.nonce or asked), critical=False)
        return builder.sign(signer.key, signer.suite.digest).public_bytes(Encoding.DER)


def signer_of(
    issuer: Authority,
    now: datetime,
    *,
    usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.OCSP_SIGNING,
    no_check: bool = True,
) -> Signer:
    """A key that the issuer lets answer, or do something else."""
    key = _KEYS[issuer.suite.jws]
    made = profiles.responder(
        issuer.family, issuer.kind, key.public_key(), issuer.certificate, now, urandom
    )
    extensions = [
        one
        for one in made._extensions
        if not isinstance(one.value, x509.ExtendedKeyUsage)
        and (no_check or not isinstance(one.value, x509.OCSPNoCheck))
    ]
    changed = x509.CertificateBuilder(
        made._issuer_name,
        made._subject_name,
        made._public_key,
        made._serial_number,
        made._not_valid_before,
        made._not_valid_after,
        extensions,
    ).add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    return Signer(changed.sign(issuer.key, issuer.suite.digest), key, issuer.suite)


Change = Callable[[Answer], bytes]


def _other(answer: Answer) -> Authority:
    return authority.create(answer.issuer.kind, answer.now, urandom)


def _changed(**changes: Any) -> Change:
    return lambda answer: replace(answer, **changes).der()


def _signed_by(make: Callable[[Answer], Signer]) -> Change:
    return lambda answer: replace(answer, signer=make(answer)).der()


def _good(answer: Answer, signer: Signer, count: int) -> bytes:
    """An answer that says the same so many times; ours, since cryptography makes none."""
    asked = messages.read(answer.question.public_bytes(Encoding.DER))
    said = messages.good(asked.questions[0], answer.now, answer.now + GOOD_FOR)
    return messages.write([said] * count, asked.nonce, signer, answer.now)


def _two(answer: Answer) -> bytes:
    return _good(answer, signer_of(answer.issuer, answer.now), 2)


def _other_key(answer: Answer) -> bytes:
    signer = signer_of(answer.issuer, answer.now)
    return _good(answer, replace(signer, key=answer.issuer.suite.new_key()), 1)


def _two_certificates(answer: Answer) -> bytes:
    signer = signer_of(answer.issuer, answer.now)
    both = [signer.certificate, answer.issuer.certificate]
    return replace(answer, signer=signer, certificates=both).der()


def _flipped(answer: Answer) -> bytes:
    der = bytearray(replace(answer, signer=_itself(answer), certificates=[]).der())
    der[-1] ^= 1
    return bytes(der)


def _spare_bit(signed: Callable[[ocsp.OCSPResponse], bytes]) -> Change:
    """One bit of that signature is said to be unused, where that bit is zero."""

    def change(answer: Answer) -> bytes:
        while True:
            signer = signer_of(answer.issuer, answer.now)
            der = replace(answer, signer=signer).der()
            signature = signed(ocsp.load_der_ocsp_response(der))
            if signature[-1] % 2 == 0:
                return der.replace(b"\0" + signature, b"\1" + signature)

    return change


def _says(status: OCSPResponseStatus) -> Change:
    said = ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
    return lambda _: said


def _itself(answer: Answer) -> Signer:
    return Signer(answer.issuer.certificate, answer.issuer.key, answer.issuer.suite)


WRONG: dict[str, Change] = {
    "R4 thisUpdate too old": _changed(this_update=-OLDEST - SECOND),
    "R4 thisUpdate in the future": _changed(this_update=SKEW + SECOND),
    "R4 nextUpdate past": _changed(this_update=-SECOND, next_update=timedelta(0)),
    "R5 nonce differs": _changed(nonce=bytes(32)),
    "R5 no nonce": _changed(nonce=b""),
    "R6 responder without OCSPSigning": _signed_by(
        lambda answer: signer_of(
            answer.issuer, answer.now, usage=ExtendedKeyUsageOID.CLIENT_AUTH
        )
    ),
    "R6 responder of another authority of the same name": _signed_by(
        lambda answer: signer_of(_other(answer), answer.now)
    ),
    "R6 responder of last year": _signed_by(
        lambda answer: signer_of(answer.issuer, answer.now - timedelta(days=365))
    ),
    "R6 responder that would have to be asked about": _signed_by(
        lambda answer: signer_of(answer.issuer, answer.now, no_check=False)
    ),
    "R6 key that its certificate does not have": _other_key,
    "R6 two responders' certificates": _two_certificates,
    "R6 no certificate, and not the issuer's key": _changed(certificates=[]),
    "R6 signature spoilt": _flipped,
    "R6 spare bit of the signature": _spare_bit(lambda said: said.signature),
    "R6 spare bit of the responder's certificate": _spare_bit(
        lambda said: said.certificates[0].signature
    ),
    "R7 another serial": lambda answer: replace(
        answer, serial=answer.question.serial_number + 1
    ).der(),
    "R7 two answers": _two,
    "malformedRequest": _says(OCSPResponseStatus.MALFORMED_REQUEST),
    "sigRequired": _says(OCSPResponseStatus.SIG_REQUIRED),
    "unauthorized": _says(OCSPResponseStatus.UNAUTHORIZED),
    "no OCSP at all": lambda _: b"<html>Not found</html>",
    "nothing": lambda _: b"",
    "too long": lambda _: bytes(RESPONSE_MAX + 1),
}
"""Answers that are wrong, so that the certificate is refused: no list is asked then."""
RIGHT: dict[str, tuple[Change, Code | None]] = {
    "good": (Answer.der, None),
    "signed by the issuer itself": (_signed_by(_itself), None),
    "signed by the issuer, whose certificate is not sent": (
        lambda answer: replace(answer, signer=_itself(answer), certificates=[]).der(),
        None,
    ),
    "without nextUpdate": (_changed(next_update=None), None),
    "as old as may be": (_changed(this_update=-OLDEST), None),
    "R1 revoked": (_changed(status=OCSPCertStatus.REVOKED), Code.CERT_REVOKED),
    "R2 unknown": (_changed(status=OCSPCertStatus.UNKNOWN), Code.REVOCATION_UNKNOWN),
}
"""Answers that count, and what they say against the certificate."""
TRY_LATER = ocsp.OCSPResponseBuilder.build_unsuccessful(
    OCSPResponseStatus.TRY_LATER
).public_bytes(Encoding.DER)
