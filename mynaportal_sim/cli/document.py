"""`mynasim document`: documents that somebody signed with their card."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from card_reader.spec import UNREADABLE
from mynaportal_sim.cli.anchors import RootsOption, anchors
from mynaportal_sim.cli.answer import plain
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.findings import Finding, report
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption, settings_of
from mynaportal_sim.cli.state import is_there, opened
from mynaportal_sim.clock import Clock
from mynaportal_sim.documents.verify import Check, ListOf, Trusted, judge
from mynaportal_sim.pki import authority, service
from mynaportal_sim.pki.validation import ValidCertificate
from mynaportal_sim.settings import Settings

app = typer.Typer(help="See what a signature of a document is worth.", no_args_is_help=True)

_ADVICE = {
    Check.CERTIFICATE: "give the authorities that you trust with --roots",
    Check.REVOCATION: "give its issuer's list of today with --crl",
}
_ADVICE_ELSE = "take document and signature as they were made, byte for byte"


@app.callback()
def _noun() -> None:
    """Keep `verify` a word of its own, although it is alone."""


@app.command()
def verify(  # noqa: PLR0913  options of a command
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The document.")],
    *,
    signature: Annotated[
        Path,
        typer.Option(
            metavar="SIG",
            exists=True,
            dir_okay=False,
            help="What was signed beside it: CMS in DER, or a compact JWS without payload.",
        ),
    ],
    roots: RootsOption = None,
    crl: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="LIST",
            exists=True,
            dir_okay=False,
            help="A list of those revoked, in DER or PEM; else that of DIR. Repeatable.",
        ),
    ] = None,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Verify the signature beside a document; exit with 0 only if all of it holds.

    Structure, document, signature, certificate (for signatures, by an authority you trust), its
    validity then and today, and the list of those revoked: each is a finding of its own. When
    it was signed is the signer's own word.

    Examples: mynasim document verify contract.pdf --signature contract.p7s ·
    mynasim document verify contract.pdf --signature contract.jws --roots roots.pem --crl ca.crl
    """
    settings = settings_of(data=data, db=db)
    list_of = _among([one.read_bytes() for one in crl]) if crl else _of_portal(settings)
    now = Clock(settings.clock).now()
    trusted = Trusted(anchors(roots, settings), list_of, now)
    verdict = judge(file.read_bytes(), signature.read_bytes(), trusted)
    told = []
    for check, code, text in verdict.findings:
        found = text if code is None else f"{code}: {text}"
        advice = _ADVICE.get(check, _ADVICE_ELSE)
        told.append(Finding(check.value, code is None, plain(found).plain, advice))
    report(told, json)


def _among(given: Sequence[bytes]) -> ListOf:
    """Finds the list of an issuer among those in files. Raises CommandError."""
    lists = [_list(one) for one in given]

    def list_of(valid: ValidCertificate) -> bytes | None:
        issuer = valid.issuer.certificate.subject
        return next((der for name, der in lists if name == issuer), None)

    return list_of


def _list(given: bytes) -> tuple[x509.Name, bytes]:
    pem = given.startswith(b"-----")
    try:
        read = x509.load_pem_x509_crl(given) if pem else x509.load_der_x509_crl(given)
        return read.issuer, read.public_bytes(Encoding.DER)
    except UNREADABLE:
        raise CommandError("--crl is no list of revoked certificates in DER or PEM") from None


def _of_portal(settings: Settings) -> ListOf:
    """Finds the list in force of an authority of the portal in DIR."""

    def list_of(valid: ValidCertificate) -> bytes | None:
        if not settings.authorities.is_dir() or not is_there(settings):
            return None
        found = authority.load_all(settings.authorities).by_key(valid.issuer.key_hash)
        if found is None:
            return None
        now = Clock(settings.clock).now()
        with opened(settings) as database:
            return database.run(service.keep_fresh, found, now)

    return list_of
