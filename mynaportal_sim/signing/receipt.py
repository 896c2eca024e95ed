"""A receipt of a consent as somebody kept it, read with no benefit of the doubt."""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from card_reader.errors import MalformedDataError
from card_reader.spec import Kind
from card_reader.statement import Challenge
from mynaportal_sim.jose import JoseError, strict_json
from mynaportal_sim.signing.document import FORMAT
from mynaportal_sim.signing.errors import MalformedReceiptError

_PROOFS = frozenset({"format", "agreement", "signature", "ledger"})


@dataclass(frozen=True, slots=True)
class Signed:
    """What a person's copy has of a signature; bytes are DER or as the card gave them."""

    certificate: bytes
    issuer: bytes
    value: bytes
    revocation: bytes
    challenge: Challenge | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt in parts; nothing of it is verified.

    `said` is what it says beside its proofs. `kind` and `statement_sha256` are empty for an
    answer that was not signed; `signed` is None there, and in the app's copy.
    """

    said: Mapping[str, object]
    text: str
    subject: str
    kind: Kind | None
    statement_sha256: str
    signed: Signed | None
    proof: bytes | None
    log_key: str

    @classmethod
    def parse(cls, data: bytes) -> "Receipt":
        """A receipt from a file's bytes.

        Raises:
            MalformedReceiptError: they are none.
        """
        try:
            return cls._of(strict_json(data))
        except (JoseError, MalformedDataError) as error:
            raise MalformedReceiptError from error
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise MalformedReceiptError from error

    @classmethod
    def _of(cls, document: Any) -> "Receipt":
        if document["format"] != FORMAT or not isinstance(document["agreement"], str):
            raise MalformedReceiptError
        signature, ledger = document["signature"], document["ledger"]
        return cls(
            said={name: value for name, value in document.items() if name not in _PROOFS},
            text=document["agreement"],
            subject=str(document["piiPrincipalId"]),
            kind=Kind(signature["with"]) if signature else None,
            statement_sha256=str(signature["statementSha256"]) if signature else "",
            signed=_signed(signature) if signature and "certificate" in signature else None,
            proof=ledger["proof"].encode() if ledger["proof"] is not None else None,
            log_key=str(ledger["key"]),
        )


def _signed(signature: dict[str, Any]) -> Signed:
    challenge = signature["challenge"]
    return Signed(
        certificate=_bytes(signature["certificate"]),
        issuer=_bytes(signature["issuer"]),
        value=_bytes(signature["signature"]),
        revocation=_bytes(signature["revocationList"]),
        challenge=None if challenge is None else Challenge.from_json(challenge),
    )


def _bytes(text: str) -> bytes:
    return b64decode(text, validate=True)
