"""Processes that are killed outright lose nothing that they had acknowledged."""

import json
import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest

from consent.ledger import store
from consent.ledger.sequencer import sequence
from mynaportal_sim.database import Database
from tests.consent.ledger.kit import (
    KEY_SEED,
    NOW,
    SIGNER,
    judged,
    judged_from_files,
    numbers,
    reader,
)

PROGRAM = """
import sys
from datetime import UTC, datetime
from itertools import pairwise
from os import urandom
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from consent.ledger import store
from consent.ledger.entry import Entry
from consent.ledger.note import Signer
from consent.ledger.sequencer import sequence
from mynaportal_sim.database import Database

url, name, seed = sys.argv[1:]
database = Database(url)
signer = Signer("log.invalid", Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed)))
now = datetime(2026, 11, 23, tzinfo=UTC)
number = 0
while True:
    number += 1
    entry = Entry("access.permitted", {"request": f"{name}-{number}"}, urandom(32))
    database.run(store.append, entry, now, urandom)
    print(f"{name}-{number}", flush=True)
    if number % 3 == 0:
        database.run(sequence, signer, now)
"""


def killed_in_the_middle(url: str, name: str, lines: int) -> list[str]:
    """What a process says it had logged, before it is killed outright among its work."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, url, name, KEY_SEED.hex()],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    ) as process:
        assert process.stdout is not None
        said = [process.stdout.readline().strip() for _ in range(lines)]
        process.kill()
        return said + process.stdout.read().split()


def survives(database_url: str, processes: int) -> None:
    """Kill `processes` writers, two at a time, and find everything that they had logged."""
    random = Random(7)
    with ThreadPoolExecutor(2) as pool:
        said = pool.map(
            lambda n: killed_in_the_middle(database_url, str(n), random.randint(1, 60)),
            range(processes),
        )
        acknowledged = {line for lines in said for line in lines}
    database = Database(database_url)
    while database.run(sequence, SIGNER, NOW):
        pass
    logged = database.run(lambda connection: list(store.in_order(connection)))
    report = database.run(judged)
    size = database.run(store.size)
    database.close()
    found = Counter(map(str, numbers(logged)))
    assert acknowledged <= found.keys()
    assert found.most_common(1)[0][1] == 1
    assert [entry.position for entry in logged] == list(range(len(logged)))
    assert report.findings == ()
    assert size == (len(logged), 0)


def test_a_killed_process_loses_nothing_it_had_acknowledged(database_url: str) -> None:
    survives(database_url, 4)


@pytest.mark.deep
def test_a_hundred_killed_processes_lose_nothing(database_url: str) -> None:
    survives(database_url, 100)


def killed_at_instructions(database_url: str, directory: Path, stride: int) -> None:
    """Kill a sequencer at every so-manieth instruction, and find the log whole all the same."""
    script = Path(__file__).with_name("killed.py")
    done = subprocess.run(
        [sys.executable, script, database_url, directory, str(stride)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["kills"] > told["instructions"] / stride / 3
    database = Database(database_url)
    report = database.run(judged)
    size = database.run(store.size)
    logged = database.run(lambda connection: list(store.in_order(connection)))
    database.close()
    assert report.findings == ()
    assert [*size] == [250 + 3 * (told["kills"] + 1), 0]
    assert [entry.position for entry in logged] == list(range(size.indexed))
    public = judged_from_files(reader(directory))
    assert public.findings == ()
    assert public.size == size.indexed


def test_a_sequencer_killed_among_its_instructions_leaves_no_gap_and_no_double(
    database_url: str, tmp_path: Path
) -> None:
    killed_at_instructions(database_url, tmp_path / "ledger", 397)


@pytest.mark.deep
def test_a_sequencer_killed_at_every_seventh_instruction_leaves_no_gap_and_no_double(
    database_url: str, tmp_path: Path
) -> None:
    killed_at_instructions(database_url, tmp_path / "ledger", 7)
