"""What can go wrong in the simulated JPKI. That a certificate is refused is a value instead.

PortalError
└── PkiError
    ├── AnchorFileError             the file of an added anchor cannot be used; carries .path
    ├── AuthorityFileError          the file of an authority cannot be used; carries .path
    ├── MalformedCertificateError   not one X.509 v3 certificate in strict DER
    ├── NoAuthorityError            a family of authorities has not been made
    └── SerialTakenError            an authority has given this serial before
"""

from pathlib import Path

from card_reader.spec import Kind
from mynaportal_sim.errors import PortalError
from mynaportal_sim.pki.model import Family


class PkiError(PortalError):
    """Base of every error this room raises on purpose."""


class AnchorFileError(PkiError):
    """The file of an anchor that a person added is not that anchor's."""

    def __init__(self, path: Path, fault: str) -> None:
        super().__init__(f"{path}: {fault}; delete it, and add the anchor again")
        self.path = path


class AuthorityFileError(PkiError):
    """The file of an authority is damaged, or not one."""

    def __init__(self, path: Path, fault: str) -> None:
        super().__init__(f"{path}: {fault}; restore it, or start with another data directory")
        self.path = path


class MalformedCertificateError(PkiError):
    """The bytes are not one X.509 v3 certificate in strict DER."""


class NoAuthorityError(PkiError):
    """A family of authorities has not been made in this data directory."""

    def __init__(self, family: Family, kind: Kind) -> None:
        super().__init__(f"there is no {family} authority for {kind}; `mynasim up` makes it")


class SerialTakenError(PkiError):
    """An authority has given this serial before; make the certificate again."""

    def __init__(self, serial: int) -> None:
        super().__init__(f"serial {serial:08X} is in use; make the certificate again")
