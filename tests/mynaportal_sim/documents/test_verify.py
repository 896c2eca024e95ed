"""What a card signs beside a document holds, and nothing that was changed since does."""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from asn1crypto import cms, core
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from card_reader.algorithm import Algorithm
from card_reader.document.cms import CmsDraft
from card_reader.document.format import Format, draft
from card_reader.errors import MalformedDataError
from card_reader.spec import CardKind
from mynaportal_sim.documents.errors import Fault
from mynaportal_sim.documents.verify import CHECKS, Check, Trusted, Verdict, judge
from mynaportal_sim.jose import b64url, unb64url
from mynaportal_sim.pki.model import RevocationReason, Revoked
from mynaportal_sim.pki.refusal import Code
from mynaportal_sim.pki.suites import sign
from tests.mynaportal_sim.documents.conftest import DOCUMENT, Signatory
from tests.mynaportal_sim.pki.conftest import NOW

FORMS = pytest.mark.parametrize("form", Format)
YEAR = timedelta(days=365)
Faults = Mapping[Check, Fault | Code]


def _faults(verdict: Verdict) -> Faults:
    return {one.check: one.code for one in verdict.findings if one.code is not None}


@FORMS
def test_what_a_card_signs_holds(signatory: Signatory, form: Format) -> None:
    verdict = judge(DOCUMENT, signatory.sign(form), signatory.trusted())
    assert verdict.holds, verdict.findings
    assert [one.check for one in verdict.findings] == [check for check, _ in CHECKS]
    assert verdict.case is not None
    assert verdict.case.read.signed_at == NOW.replace(microsecond=0)


@FORMS
def test_it_is_of_no_other_document(signatory: Signatory, form: Format) -> None:
    verdict = judge(DOCUMENT + b" ", signatory.sign(form), signatory.trusted())
    assert _faults(verdict) == (
        {Check.DOCUMENT: Fault.DOCUMENT_DIFFERS}
        if form is Format.CMS
        else {Check.SIGNATURE: Fault.SIGNATURE_INVALID}
    )


@FORMS
@pytest.mark.parametrize("prefix", [b"MYNA-SIM-LOGIN-v1\0", b"MYNA-SIM-CONSENT-v1\0"])
def test_no_document_makes_a_card_sign_what_another_protocol_takes(
    signatory: Signatory, form: Format, prefix: bytes
) -> None:
    certificate = signatory.certificate.public_bytes(Encoding.DER)
    begun = draft(form, prefix + DOCUMENT, certificate, NOW)
    assert begun.to_be_signed.startswith({Format.CMS: b"\x31", Format.JWS: b"eyJ"}[form])


def test_only_the_key_of_a_card_is_taken() -> None:
    with pytest.raises(MalformedDataError, match="no key that a card signs with"):
        draft(Format.CMS, DOCUMENT, b"0\x00", NOW)


@pytest.mark.parametrize(
    ("year", "tag"), [(2049, core.UTCTime.tag), (2050, core.GeneralizedTime.tag)]
)
def test_the_time_is_written_as_its_year_demands(
    of_today: Signatory, year: int, tag: int
) -> None:
    made = CmsDraft.of(
        DOCUMENT, of_today.certificate.public_bytes(Encoding.DER), NOW.replace(year=year)
    )
    said = {each["type"].native: each for each in cms.CMSAttributes.load(made.to_be_signed)}
    assert said["signing_time"]["values"][0].chosen.tag == tag


@FORMS
@pytest.mark.parametrize(
    ("at", "now", "expected"),
    [
        (NOW - YEAR, NOW, {Check.CERTIFICATE: Code.CERT_NOT_YET_VALID}),
        (NOW, NOW + 20 * YEAR, {Check.VALIDITY: Code.CERT_EXPIRED}),
        (NOW + timedelta(minutes=3), NOW, {Check.VALIDITY: Fault.TIME_AHEAD}),
        (NOW + timedelta(minutes=2), NOW, {}),
    ],
)
def test_the_certificate_is_good_when_it_is_said_to_have_signed_and_today(
    of_today: Signatory, form: Format, at: Any, now: Any, expected: Faults
) -> None:
    signature = of_today.sign(form, at=at)
    found = _faults(judge(DOCUMENT, signature, of_today.trusted(now=now)))
    found = {check: code for check, code in found.items() if check is not Check.REVOCATION}
    assert found == expected


@FORMS
def test_one_that_is_revoked_or_of_which_nothing_is_known_is_refused(
    signatory: Signatory, form: Format
) -> None:
    signature = signatory.sign(form)
    line = Revoked(
        signatory.certificate.serial_number, NOW - YEAR, RevocationReason.KEY_COMPROMISE
    )
    known, unknown = signatory.trusted(line), signatory.trusted()
    assert _faults(judge(DOCUMENT, signature, known)) == {Check.REVOCATION: Code.CERT_REVOKED}
    nowhere = type(unknown)(unknown.anchors, lambda _: None, NOW)
    assert _faults(judge(DOCUMENT, signature, nowhere)) == {
        Check.REVOCATION: Code.REVOCATION_UNAVAILABLE
    }
    nobody = type(unknown)((), unknown.list_of, NOW)
    assert _faults(judge(DOCUMENT, signature, nobody)) == {
        Check.CERTIFICATE: Code.CERT_UNTRUSTED,
        Check.VALIDITY: Code.CERT_UNTRUSTED,
        Check.REVOCATION: Code.REVOCATION_UNAVAILABLE,
    }


# Any, below: asn1crypto has no types.
def _parts(signature: bytes) -> tuple[Any, Any, Any]:
    whole = cms.ContentInfo.load(signature)
    [signer] = whole["content"]["signer_infos"]
    return whole, whole["content"], signer


def _changed(change: Callable[[Any, Any], None]) -> Callable[[bytes, Signatory], bytes]:
    def made(signature: bytes, _: Signatory) -> bytes:
        whole, signed, signer = _parts(signature)
        change(signed, signer)
        return bytes(whole.dump(force=True))

    return made


def _attributes(*names: str) -> Callable[[bytes, Signatory], bytes]:
    """The same with these signed attributes alone, in this order."""

    def change(_signed: Any, signer: Any) -> None:
        said = {each["type"].native: each for each in signer["signed_attrs"]}
        signer["signed_attrs"] = cms.CMSAttributes([said[name] for name in names])

    return _changed(change)


def _other_time(_signed: Any, signer: Any) -> None:
    for each in signer["signed_attrs"]:
        if each["type"].native == "signing_time":
            each["values"] = [cms.Time("utc_time", NOW.replace(microsecond=0, second=6))]


def _two_signers(signed: Any, signer: Any) -> None:
    signed["signer_infos"] = [signer, signer]


def _enclosed(signed: Any, _signer: Any) -> None:
    signed["encap_content_info"] = {"content_type": "data", "content": DOCUMENT}


def _nobody(signed: Any, _signer: Any) -> None:
    signed["certificates"] = None


def _unsigned(_signed: Any, signer: Any) -> None:
    said = {
        "type": "signing_time",
        "values": [cms.Time("utc_time", NOW.replace(microsecond=0))],
    }
    signer["unsigned_attrs"] = [said]


def _sha1(_signed: Any, signer: Any) -> None:
    signer["digest_algorithm"] = {"algorithm": "sha1"}


def _out_of_order(signature: bytes, _: Signatory) -> bytes:
    signer = _parts(signature)[2]
    encoded = [each.dump() for each in signer["signed_attrs"]]
    return signature.replace(b"".join(encoded), b"".join(reversed(encoded)))


def _indefinite(signature: bytes, _: Signatory) -> bytes:
    return b"\x30\x80" + signature[4:] + b"\x00\x00"


def _longer_length(signature: bytes, _: Signatory) -> bytes:
    return b"\x30\x83\x00" + signature[2:]


def _certified_anew(signature: bytes, signatory: Signatory) -> bytes:
    """With another certificate of the same key in place of the one that was signed."""
    whole, signed, signer = _parts(signature)
    held = asn1_x509.Certificate.load(signatory.anew)
    signed["certificates"] = [held]
    signer["sid"].chosen["serial_number"] = held.serial_number
    return bytes(whole.dump(force=True))


NAMES = ("content_type", "message_digest", "signing_time", "signing_certificate_v2")
INVALID = {Check.SIGNATURE: Fault.SIGNATURE_INVALID}
REFUSED: Mapping[str, tuple[Callable[[bytes, Signatory], bytes], Faults]] = {
    "another time": (_changed(_other_time), INVALID),
    "an attribute less": (_attributes(*NAMES[:3]), INVALID),
    "an attribute twice": (
        _attributes(*NAMES, "message_digest"),
        {Check.STRUCTURE: Fault.ATTRIBUTE_TWICE},
    ),
    "no messageDigest": (
        _attributes(*NAMES[:1], *NAMES[2:]),
        {Check.STRUCTURE: Fault.ATTRIBUTE_MISSING},
    ),
    "no contentType": (_attributes(*NAMES[1:]), {Check.STRUCTURE: Fault.ATTRIBUTE_MISSING}),
    "attributes out of order": (_out_of_order, {Check.STRUCTURE: Fault.NOT_DER}),
    "two signers": (_changed(_two_signers), {Check.STRUCTURE: Fault.SEVERAL_SIGNERS}),
    "the document inside": (_changed(_enclosed), {Check.STRUCTURE: Fault.NOT_DETACHED}),
    "no certificate": (_changed(_nobody), {Check.STRUCTURE: Fault.CERTIFICATE_MISSING}),
    "unsigned attributes": (_changed(_unsigned), {Check.STRUCTURE: Fault.UNSIGNED_PARTS}),
    "SHA-1": (_changed(_sha1), {Check.STRUCTURE: Fault.ALG_NOT_ALLOWED}),
    "an indefinite length": (_indefinite, {Check.STRUCTURE: Fault.NOT_DER}),
    "a length too long": (_longer_length, {Check.STRUCTURE: Fault.NOT_DER}),
    "trailing bytes": (lambda one, _: one + b"\0", {Check.STRUCTURE: Fault.TRAILING_BYTES}),
    "the end cut off": (
        lambda one, _: one[:-1],
        {Check.STRUCTURE: Fault.SIGNATURE_MALFORMED},
    ),
    "other bytes": (lambda *_: b"0\x00", {Check.STRUCTURE: Fault.SIGNATURE_MALFORMED}),
    "nothing": (lambda *_: b"", {Check.STRUCTURE: Fault.SIGNATURE_MALFORMED}),
    "too long a file": (
        lambda *_: b"0" * 65_537,
        {Check.STRUCTURE: Fault.SIGNATURE_MALFORMED},
    ),
    "the key's other certificate": (
        _certified_anew,
        {Check.STRUCTURE: Fault.OTHER_CERTIFICATE},
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_changed_cms_file_is_refused_by_name(signatory: Signatory, case: str) -> None:
    change, expected = REFUSED[case]
    changed = change(signatory.sign(Format.CMS), signatory)
    assert _faults(judge(DOCUMENT, changed, signatory.trusted())) == expected


def _header(change: Callable[[dict[str, Any], Signatory], object]) -> Any:
    def made(signature: bytes, signatory: Signatory) -> bytes:
        encoded, value = signature.decode().split("..")
        header = json.loads(unb64url(encoded))
        change(header, signatory)
        return f"{b64url(json.dumps(header).encode())}..{value}".encode()

    return made


def _other_holder(header: dict[str, Any], signatory: Signatory) -> None:
    header["x5c"] = [b64encode(signatory.data.auth_ca).decode()]


def _twice(signature: bytes, _: Signatory) -> bytes:
    encoded, value = signature.decode().split("..")
    header = unb64url(encoded).replace(b'"typ"', b'"alg"')
    return f"{b64url(header)}..{value}".encode()


JWS_REFUSED: Mapping[str, tuple[Callable[[bytes, Signatory], bytes], Faults]] = {
    "another time": (_header(lambda one, _: one.update(iat=one["iat"] + 1)), INVALID),
    "no algorithm": (
        _header(lambda one, _: one.update(alg="none")),
        {Check.STRUCTURE: Fault.ALG_NOT_ALLOWED},
    ),
    "no certificate": (
        _header(lambda one, _: one.pop("x5c")),
        {Check.STRUCTURE: Fault.CERTIFICATE_MISSING},
    ),
    "a certificate that is none": (
        _header(lambda one, _: one.update(x5c=["MAA"])),
        {Check.STRUCTURE: Fault.SIGNATURE_MALFORMED},
    ),
    "another's certificate": (
        _header(_other_holder),
        {
            Check.STRUCTURE: Fault.OTHER_CERTIFICATE,
            Check.SIGNATURE: Fault.SIGNATURE_INVALID,
            Check.CERTIFICATE: Code.CERT_WRONG_PURPOSE,
            Check.VALIDITY: Code.CERT_WRONG_PURPOSE,
            Check.REVOCATION: Code.REVOCATION_UNAVAILABLE,
        },
    ),
    "a critical extension": (
        _header(lambda one, _: one.update(crit=["b64"], b64=False)),
        {Check.STRUCTURE: Fault.SIGNATURE_MALFORMED},
    ),
    "a time that is no number": (
        _header(lambda one, _: one.update(iat=True)),
        {Check.STRUCTURE: Fault.SIGNATURE_MALFORMED},
    ),
    "a time beyond all calendars": (
        _header(lambda one, _: one.update(iat=10**18)),
        {Check.STRUCTURE: Fault.SIGNATURE_MALFORMED},
    ),
    "a member twice": (_twice, {Check.STRUCTURE: Fault.SIGNATURE_MALFORMED}),
    "the document inside": (
        lambda one, _: one.replace(b"..", b".eHg."),
        {Check.STRUCTURE: Fault.NOT_DETACHED},
    ),
    "a line's end": (
        lambda one, _: one + b"\n",
        {Check.STRUCTURE: Fault.TRAILING_BYTES},
    ),
    "a fourth part": (
        lambda one, _: one + b".eHg",
        {Check.STRUCTURE: Fault.SIGNATURE_MALFORMED},
    ),
}


@pytest.mark.parametrize("case", JWS_REFUSED)
def test_a_changed_jws_is_refused_by_name(signatory: Signatory, case: str) -> None:
    change, expected = JWS_REFUSED[case]
    changed = change(signatory.sign(Format.JWS), signatory)
    assert _faults(judge(DOCUMENT, changed, signatory.trusted())) == expected


@FORMS
def test_a_certificate_for_logins_signs_no_document(of_today: Signatory, form: Format) -> None:
    data = of_today.data
    begun = draft(form, DOCUMENT, data.auth_certificate, NOW)
    assert begun.algorithm is Algorithm.RS256
    made = begun.assembled(sign(data.auth_key, begun.to_be_signed))
    found = _faults(judge(DOCUMENT, made, of_today.trusted()))
    assert found[Check.CERTIFICATE] is Code.CERT_WRONG_PURPOSE
    assert Check.SIGNATURE not in found


@pytest.fixture(scope="module")
def signed(signatories: dict[CardKind, Signatory]) -> tuple[Trusted, dict[Format, bytes]]:
    """What a card made of the document, and whom it is held against."""
    signatory = signatories[CardKind.NEXT]
    return signatory.trusted(), {form: signatory.sign(form) for form in Format}


@given(at=st.integers(0, 4000), bits=st.integers(1, 255))
@FORMS
def test_with_any_byte_changed_it_does_not_hold(
    signed: tuple[Trusted, dict[Format, bytes]], form: Format, at: int, bits: int
) -> None:
    trusted, made = signed
    signature = bytearray(made[form])
    signature[at % len(signature)] ^= bits
    assert not judge(DOCUMENT, bytes(signature), trusted).holds


@given(data=st.binary(max_size=200), start=st.sampled_from([b"", b"\x30", b"eyJ"]))
def test_any_bytes_are_judged(
    signed: tuple[Trusted, dict[Format, bytes]], data: bytes, start: bytes
) -> None:
    verdict = judge(DOCUMENT, start + data, signed[0])
    assert [one.check for one in verdict.findings] == [Check.STRUCTURE]
