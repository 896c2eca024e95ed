"""The JPKI application as a terminal uses it: certificates, tries left, PINs, signatures."""

from cryptography import x509

from card_reader.client import files
from card_reader.client.pin import Reference
from card_reader.client.session import FILE_MAX, Session
from card_reader.client.token import TokenInfo
from card_reader.errors import (
    MalformedDataError,
    NoJpkiError,
    NoSuchFileError,
    StatusError,
)
from card_reader.spec import (
    CERTIFICATE_PRESENT,
    CREDENTIALS,
    EF,
    JPKI_AID,
    TOKEN_LABEL_LENGTH,
    UNREADABLE,
    Kind,
    is_marked,
)
from card_reader.tlv import Head

_NAME = "公的個人認証AP"
_CERTIFICATE_HEAD = 4
_CERTIFICATE_TAG = 0x30


class Jpki:
    """The selected JPKI application. Selecting it forgets PINs verified before.

    Raises NoJpkiError if the card has none.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        try:
            session.select(JPKI_AID)
        except NoSuchFileError:
            raise NoJpkiError from None

    def certificate(self, kind: Kind) -> bytes:
        """The person's certificate, as DER.

        Raises NotVerifiedError (signing: verify the password first), NoSuchFileError (child),
        MalformedDataError.
        """
        return self._der(CREDENTIALS[kind].certificate)

    def ca_certificate(self, kind: Kind) -> bytes:
        """The certificate of the CA that issued the person's, as DER."""
        return self._der(CREDENTIALS[kind].ca)

    def holds(self, kind: Kind) -> bool:
        """Whether the card says that it has this certificate; needs no PIN (EF 0008)."""
        signing, authentication = self._session.read_file(EF.CERTIFICATES_PRESENT, 2).ljust(2)
        shown = signing if kind is Kind.SIGNING else authentication
        return shown == CERTIFICATE_PRESENT

    def label(self) -> str:
        """The label that tells a card from a phone, as in `JPKIAPICCTOKEN2`."""
        label = self._session.read_file(EF.TOKEN_INFO, TOKEN_LABEL_LENGTH)
        return label.decode("ascii", "replace").rstrip(" \0")

    def token_info(self) -> TokenInfo:
        """All that the card says of itself as a token: free. Raises MalformedDataError."""
        return files.read_object(self._session, _NAME, EF.TOKEN_INFO, TokenInfo.parse)

    def is_simulation(self) -> bool:
        """Whether the CA that certified this card carries the simulation mark.

        The person's own certificate is not read for it: its serial number follows them.
        """
        try:
            return is_marked(self.ca_certificate(Kind.USER_AUTHENTICATION))
        except (StatusError, MalformedDataError):
            return False

    def reference(self, kind: Kind) -> Reference:
        """The PIN of `kind`."""
        credential = CREDENTIALS[kind]
        return Reference(self._session, credential.pin_ef, credential.pin)

    def tries(self, kind: Kind) -> int:
        """How many tries the PIN of `kind` has left; asking spends none."""
        return self.reference(kind).tries()

    def verify(self, kind: Kind, pin: str, *, allow_last_try: bool = False) -> None:
        """Verify the PIN of `kind`. Raises what `Reference.verify` raises."""
        self.reference(kind).verify(pin, allow_last_try=allow_last_try)

    def sign(self, kind: Kind, digest_info: bytes) -> bytes:
        """Signature by the key of `kind`: RSASSA-PKCS1-v1_5 over a DigestInfo (1 to 245 bytes).

        The hypothetical next card is given a SHA-384 digest instead, and answers r and s.

        Raises NotVerifiedError if the PIN of `kind` was not verified before.
        """
        return self._session.sign(CREDENTIALS[kind].key, digest_info)

    def _der(self, ef: int) -> bytes:
        """A whole file whose own header says how long it is."""
        head = Head.parse(self._session.read_file(ef, _CERTIFICATE_HEAD))
        if head.tag != _CERTIFICATE_TAG or head.whole_length > FILE_MAX:
            raise MalformedDataError(f"EF {ef:04X} holds no certificate.")
        content = self._session.read_file(ef, head.whole_length)
        if len(content) != head.whole_length:
            raise MalformedDataError(f"EF {ef:04X} ends before its certificate does.")
        if not _is_certificate(content):
            raise MalformedDataError(f"EF {ef:04X} holds no certificate.")
        return content


def _is_certificate(der: bytes) -> bool:
    """Whether it is one as far as its names; they are read only when they are asked for."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        _ = certificate.subject, certificate.issuer
    except UNREADABLE:
        return False
    return True
