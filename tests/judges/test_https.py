"""Go, which is stricter about certificates than most, takes the portal's."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.journeys.kit import Portal, copy_world, free_port, running
from tests.judges.judges import build

pytestmark = pytest.mark.judges
SOURCE = Path(__file__).with_name("golang_https") / "main.go"


def test_a_go_program_that_was_told_of_the_root_is_let_in_and_no_other(
    template: Path, tmp_path: Path
) -> None:
    if shutil.which("go") is None:
        pytest.skip("apt-get install golang-go")
    program = build(SOURCE, tmp_path)
    copy_world(template, tmp_path / "data")
    (nothing := tmp_path / "none.pem").touch()
    with running(Portal(tmp_path / "data", free_port(), tls=True)) as portal:
        urls = [f"https://{host}:{portal.port}/readyz" for host in ("localhost", "127.0.0.1")]
        said = [
            subprocess.run(
                [program, roots, *urls], capture_output=True, text=True, check=True
            ).stdout.splitlines()
            for roots in (portal.root or nothing, nothing)
        ]
    assert said[0] == ["200", "200"]
    assert all("certificate signed by unknown authority" in line for line in said[1])
