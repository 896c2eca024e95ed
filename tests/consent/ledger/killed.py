"""Sequences and publishes a log, and is killed outright at one instruction after the other.

Run as `python killed.py URL DIRECTORY STRIDE`: for every STRIDE-th bytecode instruction of the
ledger's own code, three entries are appended and a fork of this process begins to work and is
killed at that instruction. Prints how many instructions there are, and how many kills.
"""

import json
import os
import signal
import sys
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from types import FrameType
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection

from consent.ledger import sequencer, store
from consent.ledger.entry import Entry
from consent.ledger.note import Signer
from consent.ledger.publish import publish
from mynaportal_sim.database import Database

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
SIGNER = Signer("log.invalid", Ed25519PrivateKey.from_private_bytes(sha256(b"log").digest()))
WATCHED = str(Path(sequencer.__file__).parent)


def append(connection: Connection, count: int) -> None:
    for number in range(count):
        store.append(connection, Entry("token.issued", {"request": number}), NOW, os.urandom)


def work(database: Database, directory: Path) -> None:
    database.run(sequencer.sequence, SIGNER, NOW)
    database.run(publish, directory)


class Fuse:
    """Counts the instructions of the ledger's code, and kills this process at one of them."""

    def __init__(self, at: int | None) -> None:
        self.count = 0
        self._at = at

    def __call__(self, frame: FrameType, event: str, _argument: object) -> Any:
        if not frame.f_code.co_filename.startswith(WATCHED):
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            self.count += 1
            if self.count == self._at:
                os.kill(os.getpid(), signal.SIGKILL)
        return self


def killed(url: str, directory: Path, at: int) -> bool:
    """Whether a fork of this process was killed at an instruction, before it was done."""
    child = os.fork()
    if child == 0:
        database = Database(url)
        sys.settrace(Fuse(at))
        work(database, directory)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def main(url: str, directory: Path, stride: int) -> None:
    database = Database(url)
    database.run(append, 250)
    fuse = Fuse(None)
    sys.settrace(fuse)
    work(database, directory)
    sys.settrace(None)
    kills, at = 0, 1
    while True:
        database.run(append, 3)
        database.close()  # no connection may be shared with the fork
        if not killed(url, directory, at):
            break
        kills, at = kills + 1, at + stride
        database = Database(url)
    work(Database(url), directory)
    sys.stdout.write(json.dumps({"instructions": fuse.count, "kills": kills}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
