"""Checks a proof that was kept: of an entry, or that the log only grew."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from consent.instants import rfc3339
from consent.ledger import evidence
from consent.ledger.checkpoint import Checkpoint
from consent.ledger.checkpoint import opened as opened_note
from consent.ledger.cosignature import Witness
from consent.ledger.errors import LedgerError
from consent.ledger.evidence import Evidence, Proven
from consent.ledger.note import Verifier
from mynaportal_sim.cli import growth
from mynaportal_sim.cli.answer import plain, say
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.growth import Growth
from mynaportal_sim.cli.ledger_whole import named
from mynaportal_sim.cli.witnesses import demand


def check_file(
    file: Path, old: Path | None, trusted: Verifier, witnesses: Sequence[Witness], json: bool
) -> None:
    """Say what a proof proves, with no server and no database.

    Raises:
        CommandError: it proves nothing, is no proof, or not of this log.
    """
    content = file.read_bytes()
    with named_in_errors(file):
        if content.lstrip().startswith(b"{"):
            if witnesses:
                raise CommandError(f"{file} is a proof of growth; --witness goes with others")
            _check_growth(file, Growth.parse(content), old, trusted, json)
        elif old is not None:
            raise CommandError(
                f"{file} is the proof of an entry; --old goes with one of growth"
            )
        else:
            _check_entry(file, Evidence.parse(content), trusted, witnesses, json)


@contextmanager
def named_in_errors(file: Path) -> Iterator[None]:
    """Say of which file the ledger's errors are."""
    try:
        yield
    except LedgerError as error:
        raise CommandError(
            f"{file}: {error}; give a file as it was saved, and the key that it was saved under"
        ) from error


def _check_entry(
    file: Path, proof: Evidence, trusted: Verifier, witnesses: Sequence[Witness], json: bool
) -> None:
    verdict = evidence.judge(proof, trusted, witnesses)
    if not isinstance(verdict, Proven):
        raise CommandError(f"{file} proves nothing: {verdict.reason}")
    demand([one.name for one in witnesses], [one.by for one in verdict.witnessed])
    shown = {name: opening.value for name, opening in verdict.shown.items()}
    size, leaf = verdict.checkpoint.size, verdict.leaf
    minute = rfc3339(leaf.minute)
    told: dict[str, object] = {
        "proven": True,
        "index": proof.index,
        "size": size,
        "type": leaf.type,
    }
    lines = [f"Proven: entry {proof.index} of the {size:,} that {trusted.name} signed is"]
    for name, value in {"type": leaf.type, "minute": minute, **shown}.items():
        lines.append(f"  {plain(name)}: {plain(str(value))}")
    lines += [f"{one.by} witnessed it at {rfc3339(one.at)}" for one in verdict.witnessed]
    told["witnesses"] = {one.by: rfc3339(one.at) for one in verdict.witnessed}
    say({**told, "minute": minute, "fields": shown}, "\n".join(lines), json)


def _check_growth(
    file: Path, proof: Growth, kept: Path | None, trusted: Verifier, json: bool
) -> None:
    grown = growth.judge(proof, trusted)
    if grown is None:
        raise CommandError(
            f"{file} does not prove that the log only grew between these two checkpoints"
        )
    old, new = grown.old, grown.new
    if kept is not None and _kept(kept, trusted) != old:
        raise CommandError(
            f"{file} begins with a log of {old.size:,} entries that is not the one in {kept}"
        )
    known = "is yours" if kept else "compare it with one you kept (--old FILE)"
    text = (
        f"Proven: {named(trusted)} only added to its log of {old.size:,} entries until"
        f" there were {new.size:,}\n  root of the {old.size:,}: {old.root.hex()} ({known})"
    )
    told = {"proven": True, "old_root": old.root.hex(), "new_root": new.root.hex()}
    say({**told, "old_size": old.size, "new_size": new.size}, text, json)


def _kept(file: Path, trusted: Verifier) -> Checkpoint:
    """The checkpoint in a kept file: the proof of an entry or of growth, or a bare note."""
    content = file.read_bytes()
    if content.lstrip().startswith(b"{"):
        return opened_note(Growth.parse(content).new, trusted)
    if content.startswith(evidence.HEADER.encode()):
        return opened_note(Evidence.parse(content).checkpoint, trusted)
    return opened_note(content, trusted)
