"""The tests of the rule, the token and the login notice mutants, but for those listed here.

`survivors.json` lists what they do not notice, each with why it may stay so. A mutant that
survives and is not listed fails the test, and so does one that is listed and no longer does.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutation.trial import ROOT, SUITES, UNCHANGED

SURVIVORS = Path(__file__).with_name("survivors.json")


@pytest.mark.deep
@pytest.mark.parametrize("module", SUITES)
def test_each_mutant_is_noticed_or_listed_with_why_not(module: str) -> None:
    command = (sys.executable, "-m", "tests.mutation.trial", module)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    tried = [json.loads(line) for line in done.stdout.splitlines()]
    unnoticed = {one["mutant"] for one in tried if not one["noticed"]}
    assert UNCHANGED in unnoticed, "the tests fail without any mutant"
    listed = json.loads(SURVIVORS.read_text()).get(module, {})
    assert unnoticed - {UNCHANGED} == set(listed)
    assert all(listed.values())
