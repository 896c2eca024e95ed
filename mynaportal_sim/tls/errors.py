"""What can go wrong with the certificates for https.

PortalError
└── TlsError
    └── RootFileError   the file of the root cannot be used
"""

from pathlib import Path

from mynaportal_sim.errors import PortalError


class TlsError(PortalError):
    """Base of every error this room raises on purpose."""


class RootFileError(TlsError):
    """The file of the root is damaged, or not one."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} does not hold the root for https and its key; restore it, or remove it and"
            " a new root is made, to be trusted anew (`mynasim tls trust`)"
        )
