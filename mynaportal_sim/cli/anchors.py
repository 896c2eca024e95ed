"""The authorities that a command holds signatures against."""

from pathlib import Path
from typing import Annotated

import typer
from cryptography import x509

from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.pki import authority
from mynaportal_sim.pki.certificate import Anchor
from mynaportal_sim.settings import Settings

RootsOption = Annotated[
    Path | None,
    typer.Option(
        metavar="PEM",
        exists=True,
        dir_okay=False,
        help="The authorities you trust, as `consent roots` prints; else those of DIR.",
    ),
]


def anchors(file: Path | None, settings: Settings) -> list[Anchor]:
    """Those in a file in PEM; without one, those of the portal."""
    if file is None:
        return [Anchor.of(one) for one in certificates_of(settings)]
    try:
        found = x509.load_pem_x509_certificates(file.read_bytes())
        return [Anchor.of(one) for one in found]
    except ValueError:
        raise CommandError(f"{file} holds no certificates in PEM") from None


def certificates_of(settings: Settings) -> list[x509.Certificate]:
    """The certificates of a portal's authorities."""
    place = settings.authorities
    found = authority.load_all(place).every if place.is_dir() else ()
    if not found:
        raise CommandError(f"{place} has no authorities; give those you trust with --roots")
    return [one.certificate for one in found]
