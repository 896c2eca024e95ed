"""The receipt of a consent as JSON: for the person, and for others.

The members follow the Consent Receipt 1.1 of Kantara, beside terms of W3C's DPV, which
implements ISO/IEC TS 27560. What they say follows from `agreement`, the text that was signed,
and from when it was answered, so that whoever verifies a receipt can make them anew.
`signature` and `ledger` prove it. Only the person's copy has the certificate, which names them;
that of the app, and of whoever acts for the person, has a MAC in its place, under a key that
the person can show.
"""

import json
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consent.catalogue import LegalBasis
from consent.ledger.evidence import Evidence
from consent.model import Signature

FORMAT = "mynaportal-sim/consent-receipt/1"
_DPV = {"dct": "http://purl.org/dc/terms/", "dpv": "https://w3id.org/dpv#"}


@dataclass(frozen=True, slots=True)
class Receipted:
    """An answer, and all that proves it; `proof` is None while its entry awaits its index.

    `subject` is the app's own name for the person.
    """

    text: str
    subject: str
    answered_at: datetime
    signature: Signature | None
    proof: Evidence | None
    log_key: str


def for_person(receipted: Receipted) -> dict[str, object]:
    """The person's copy: whoever has it knows who signed."""
    signature = receipted.signature
    proof: dict[str, object] | None = None
    if signature is not None:
        proof = _signed(signature) | {
            "certificate": _b64(signature.certificate),
            "certificateKey": _b64(signature.key),
            "issuer": _b64(signature.issuer),
            "revocationList": _b64(signature.revocation),
            "challenge": json.loads(signature.challenge) if signature.challenge else None,
            "signature": _b64(signature.value),
        }
    return _document(receipted, proof)


def for_others(receipted: Receipted) -> dict[str, object]:
    """The copy of the app, and of whoever acts for the person: it names nobody."""
    signature = receipted.signature
    proof = None
    if signature is not None:
        proof = _signed(signature) | {"certificateMac": _b64(signature.certificate_mac)}
    return _document(receipted, proof)


def claims(text: str, subject: str, answered_at: datetime) -> dict[str, object]:
    """What a receipt says of the answer whose text this is."""
    said: dict[str, Any] = json.loads(text)
    given = said["given"]
    categories = sorted(
        {one["category"] for one in given["rules"] if one["effect"] == "permit"}
    )
    recipients = given["recipients"]
    status = "ConsentGiven" if categories else "ConsentRefused"
    basis = given["legal_basis"]
    version, language = given["notice"][:2]
    return {
        "@context": _DPV,
        "@type": "dpv:ConsentReceipt",
        "dct:identifier": said["consent"],
        "dct:publisher": said["portal"],
        "dpv:hasConsentStatus": f"dpv:{status}",
        "dpv:hasLegalBasis": "dpv:Consent" if basis == LegalBasis.CONSENT else basis,
        "dpv:hasPurpose": said["purpose_iri"] or given["purpose"][0],
        "dpv:hasPersonalData": categories,
        "dpv:hasRecipient": [name for name, _, _ in recipients],
        "version": "KI-CR-v1.1.0",
        "jurisdiction": "JP",
        "consentTimestamp": int(answered_at.timestamp()),
        "collectionMethod": f"page {version}",
        "consentReceiptID": said["consent"],
        "language": language,
        "piiPrincipalId": subject,
        "piiControllers": [_controller(said)],
        "policyUrl": said["portal"],
        "services": [_service(said, categories)],
        "sensitive": bool(said["sensitive"]),
        "spiCat": said["sensitive"],
    }


def _controller(said: dict[str, Any]) -> dict[str, object]:
    name, country, _ = said["given"]["recipients"][0]
    officer = said["given"]["supervision"][0]
    address = {"addressCountry": country}
    return {"piiController": name, "contact": officer, "address": address}


def _service(said: dict[str, Any], categories: list[str]) -> dict[str, object]:
    app = said["app"]
    purposes = [_purpose(said, categories)]
    return {"service": app["name"], "serviceId": app["id"], "purposes": purposes}


def _purpose(said: dict[str, Any], categories: list[str]) -> dict[str, object]:
    code, text, version = said["given"]["purpose"]
    others = [name for name, _, _ in said["given"]["recipients"][1:]]
    return {
        "purpose": text,
        "purposeCategory": [code],
        "purposeVersion": version,
        "consentType": "EXPLICIT",
        "piiCategory": categories,
        "primaryPurpose": True,
        "termination": said["valid_until"],
        "thirdPartyDisclosure": bool(others),
        "thirdPartyName": ", ".join(others),
    }


def _document(receipted: Receipted, signature: dict[str, object] | None) -> dict[str, object]:
    proof = None if receipted.proof is None else bytes(receipted.proof).decode()
    return {
        "format": FORMAT,
        **claims(receipted.text, receipted.subject, receipted.answered_at),
        "agreement": receipted.text,
        "signature": signature,
        "ledger": {"key": receipted.log_key, "proof": proof},
    }


def _signed(signature: Signature) -> dict[str, object]:
    return {"with": signature.kind, "statementSha256": signature.statement_sha256}


def _b64(value: bytes) -> str:
    return b64encode(value).decode()
