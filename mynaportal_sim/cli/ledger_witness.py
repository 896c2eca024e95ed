"""`mynasim ledger witness`: a witness of logs, apart from any portal."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.ledger.cosignature import Cosigner
from consent.ledger.note import Verifier
from mynaportal_sim import keys
from mynaportal_sim.cli.answer import say
from mynaportal_sim.cli.options import DataOption, JsonOption, settings_of
from mynaportal_sim.clock import Clock
from mynaportal_sim.witness import memory, server
from mynaportal_sim.witness_places import WitnessPlace

PORT = 8410


def witness(  # noqa: PLR0913, PLR0917  one parameter per option
    log: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VERIFIER-KEY",
            help="A log to witness, as `mynasim ledger key` prints it; may be repeated. "
            "Else that of DIR.",
        ),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Where the witness keeps its key and what it has seen; nobody else's place. "
            "[default: mynasim-witness beside the portal's data directory]",
        ),
    ] = None,
    name: Annotated[
        str, typer.Option(help="What a new witness calls itself.")
    ] = "witness.invalid/1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = PORT,
    listen: Annotated[str, typer.Option(metavar="ADDRESS", help="Address.")] = "127.0.0.1",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Run a witness: cosign a log only while it grows, and remember it (C2SP tlog-witness).

    It prints KEY@URL, which `mynasim up --witnesses` takes.

    Examples: mynasim ledger witness · mynasim ledger witness --log "$KEY" --state ./w2
    --name witness.invalid/2 --port 8411
    """
    settings = settings_of(data=data)
    trusted = [Verifier.parse(text) for text in log or ()]
    if not trusted:
        trusted = [keys.ledger_signer(settings.keys).verifier]
    directory = state or settings.data.absolute().with_name("mynasim-witness")
    new = Cosigner(name, Ed25519PrivateKey.generate())
    with memory.held(directory, new) as (cosigner, kept):
        host = f"[{listen}]" if ":" in listen else listen
        place = WitnessPlace(cosigner.witness, f"http://{host}:{port}")
        told = {"place": str(place), "state": str(directory), "logs": [*map(str, trusted)]}
        say(told, _announced(place, directory, trusted), json)
        logging.basicConfig(format="%(levelname)s %(message)s")
        app = server.create_app(cosigner, kept, _by_origin(trusted), Clock(None))
        uvicorn.run(app, host=listen, port=port, log_level="warning", server_header=False)


def _by_origin(trusted: Sequence[Verifier]) -> Mapping[str, Sequence[Verifier]]:
    names = {verifier.name for verifier in trusted}
    return {name: [one for one in trusted if one.name == name] for name in names}


def _announced(place: WitnessPlace, directory: Path, trusted: Sequence[Verifier]) -> str:
    logs = ", ".join(f"{one.name}+{one.key_id.hex()}" for one in trusted)
    return f"{place}\nWitnessing {logs}; its memory is in {directory}. Ctrl-C stops it."
