"""`mynasim consent verify` and `roots`: judge a receipt with no server, years later."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from consent.instants import rfc3339
from consent.ledger.evidence import Evidence, Proven
from consent.ledger.note import Verifier
from mynaportal_sim import keys
from mynaportal_sim.cli.anchors import RootsOption, anchors, certificates_of
from mynaportal_sim.cli.answer import plain, say
from mynaportal_sim.cli.findings import Finding, report
from mynaportal_sim.cli.options import DataOption, JsonOption, settings_of
from mynaportal_sim.cli.witnesses import WitnessOption, witness_key
from mynaportal_sim.pki.validation import ValidCertificate
from mynaportal_sim.signing.receipt import Receipt
from mynaportal_sim.signing.verify import Case, Check, Trusted, judge

_ADVICE = "take the file as it was saved, with the keys and roots you have from the portal"


def verify(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="A receipt as it was saved.")
    ],
    *,
    roots: RootsOption = None,
    key: Annotated[
        str | None,
        typer.Option(
            metavar="VERIFIER-KEY",
            help="The log's key, as `mynasim ledger key` prints it; else that of DIR.",
        ),
    ] = None,
    witness: WitnessOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Verify the receipt of a consent with no server; exit with 0 only if all of it holds.

    Text, signature, certificate, its state on that day, and the entry of the log that proves
    when: each is a finding of its own. With --witness the log must be one that was seen.

    Examples: mynasim consent verify consent.json ·
    mynasim consent verify consent.json --roots roots.pem --key "$KEY" --witness "$WITNESS"
    """
    settings = settings_of(data=data)
    log = Verifier.parse(key) if key else keys.ledger_signer(settings.keys).verifier
    witnesses = [witness_key(text) for text in witness or ()]
    trusted = Trusted(anchors(roots, settings), log, witnesses)
    receipt = Receipt.parse(file.read_bytes())
    verdict = judge(receipt, trusted)
    told = [
        Finding(check.value, not fault, _plain(fault or _FOUND[check](verdict.case)), _ADVICE)
        for check, fault in verdict.findings
    ]
    if receipt.signed is None:
        said = "in the person's copy alone" if receipt.kind else "none: it was not signed"
        told.append(Finding(Check.SIGNATURE.value, True, said))
    report(told, json)


def roots(data: DataOption = None, json: JsonOption = False) -> None:
    """Print the certificates of this portal's authorities, for who verifies elsewhere.

    Example: mynasim consent roots > roots.pem
    """
    found = certificates_of(settings_of(data=data))
    pems = [one.public_bytes(Encoding.PEM).decode() for one in found]
    say(pems, "".join(pems).removesuffix("\n"), json)


def _plain(text: str) -> str:
    return plain(text).plain


def _agreement(case: Case) -> str:
    return (
        "its text is canonical, and the one that was signed" if case.receipt.kind else "whole"
    )


def _receipt(case: Case) -> str:
    said: Mapping[str, Any] = case.meant or {}
    [service] = said["services"]
    given = ", ".join(said["dpv:hasPersonalData"]) or "nothing"
    return f"{given} to {service['service']} until {service['purposes'][0]['termination']}"


def _entry(case: Case) -> str:
    if not isinstance(case.proven, Proven) or case.receipt.proof is None or case.at is None:
        return ""
    index = Evidence.parse(case.receipt.proof).index
    size, log = case.proven.checkpoint.size, case.trusted.log.name
    return f"{index} of the {size:,} that {log} signed, at {rfc3339(case.at)}"


def _witness(case: Case) -> str:
    seen = case.proven.witnessed if isinstance(case.proven, Proven) else ()
    told = [f"{one.by} saw the log at {rfc3339(one.at)}" for one in seen]
    return "; ".join(told) or "none was named (--witness): the time is the log's own word"


def _certificate(case: Case) -> str:
    if not isinstance(case.valid, ValidCertificate):
        return ""
    certificate, issuer = case.valid.certificate, case.valid.issuer.certificate
    name, by = certificate.subject.rfc4514_string(), issuer.subject.rfc4514_string()
    return f"{name}, good at that time, issued by {by}"


def _signature(case: Case) -> str:
    return f"by the certificate for {str(case.receipt.kind).replace('_', ' ')}"


def _revocation(case: Case) -> str:
    if case.receipt.signed is None:
        return ""
    listed = x509.load_der_x509_crl(case.receipt.signed.revocation)
    return f"not among the {len(listed)} revoked by {rfc3339(listed.last_update_utc)}"


_FOUND: Mapping[Check, Callable[[Case], str]] = {
    Check.AGREEMENT: _agreement,
    Check.RECEIPT: _receipt,
    Check.ENTRY: _entry,
    Check.SAME_CONSENT: lambda _: "the entry commits to this text and its signature",
    Check.WITNESS: _witness,
    Check.CERTIFICATE: _certificate,
    Check.SIGNATURE: _signature,
    Check.REVOCATION: _revocation,
}
