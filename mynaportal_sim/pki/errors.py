"""What can go wrong in the simulated JPKI. That a certificate is refused is a value instead.

PortalError
└── PkiError
    ├── AuthorityFileError          the file of an authority cannot be used; carries .path
    ├── MalformedCertificateError   not one X.509 v3 certificate in strict DER
    └── SerialTakenError            an authority has given this serial before
"""

from pathlib import Path

from mynaportal_sim.errors import PortalError


class PkiError(PortalError):
    """Base of every error this room raises on purpose."""


class AuthorityFileError(PkiError):
    """The file of an authority is damaged, or not one."""

    def __init__(self, path: Path, fault: str) -> None:
        super().__init__(f"{path}: {fault}; restore it, or start with another data directory")
        self.path = path


class MalformedCertificateError(PkiError):
    """The bytes are not one X.509 v3 certificate in strict DER."""


class SerialTakenError(PkiError):
    """An authority has given this serial before; make the certificate again."""

    def __init__(self, serial: int) -> None:
        super().__init__(f"serial {serial:08X} is in use; make the certificate again")
