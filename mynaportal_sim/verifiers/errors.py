"""Why a verifier is told nothing; each is answered as OAuth answers (RFC 6749 5.2).

OAuthError
├── NotAVerifierError          403: the app is not registered as one
├── NoCertificateError         400: what was sent is not one X.509 certificate
├── CertificateUnknownError    404: no register has it; carries .why
├── NoSuccessorError           404: nothing took its place; carries .status_of
├── SeveralReplacedError       409: it took the place of several, so that nobody knows of which
├── CertificateNotGoodError    409: no id is tied to, or found by, what is not good any more
├── AlreadyTiedError           409: the app tied another id to it
├── UserIdTakenError           409: the app tied this id to another certificate
└── NoUserIdError              404: the app tied none
"""

from http import HTTPStatus

from mynaportal_sim.oauth.errors import OAuthError


class VerifierError(OAuthError):
    """Base of what this room refuses with."""

    redirectable = False


class NotAVerifierError(VerifierError):
    """The app may not ask about certificates."""

    code = "unauthorized_client"
    status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        super().__init__(
            "only a verifier (Act on JPKI, article 17) may ask about certificates: have this"
            " app registered by mynasim app register --verifier"
        )


class NoCertificateError(VerifierError):
    """What was sent is not one X.509 certificate in DER."""

    code = "certificate_malformed"


class CertificateUnknownError(VerifierError):
    """No register has this certificate, or no authority here has signed it."""

    code = "certificate_unknown"
    status = HTTPStatus.NOT_FOUND

    def __init__(self, why: str) -> None:
        super().__init__("no authority of this portal has this certificate in its register")
        self.why = why

    @property
    def body(self) -> dict[str, str]:
        return {**super().body, "why": self.why}


class NoSuccessorError(VerifierError):
    """Nothing has taken the place of a certificate; `status_of` says how it stands itself."""

    code = "no_successor"
    status = HTTPStatus.NOT_FOUND

    def __init__(self, status_of: str) -> None:
        super().__init__(f"no certificate took the place of this one, which is {status_of}")
        self.status_of = status_of

    @property
    def body(self) -> dict[str, str]:
        return {**super().body, "status": self.status_of}


class SeveralReplacedError(VerifierError):
    """One certificate took the place of several: which was the first is not to be told."""

    code = "several_replaced"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("one certificate took the place of several; nobody can tell of which")


class CertificateNotGoodError(VerifierError):
    """The newest certificate of the chain is not good, so that its user ids rest."""

    code = "certificate_not_good"
    status = HTTPStatus.CONFLICT

    def __init__(self, status_of: str) -> None:
        super().__init__(f"the newest certificate in the place of this one is {status_of}")
        self.status_of = status_of

    @property
    def body(self) -> dict[str, str]:
        return {**super().body, "status": self.status_of}


class AlreadyTiedError(VerifierError):
    """The app has tied an id to this certificate, or to one whose place it took."""

    code = "already_tied"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("this app has tied a user id to this certificate; release that first")


class UserIdTakenError(VerifierError):
    """The app has tied this id to another certificate."""

    code = "user_id_taken"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("this app has tied this user id to another certificate")


class NoUserIdError(VerifierError):
    """The app has tied no such id."""

    code = "no_user_id"
    status = HTTPStatus.NOT_FOUND

    def __init__(self) -> None:
        super().__init__("this app has tied no user id to it")
