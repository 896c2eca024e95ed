"""The judges, each started once."""

import shutil
from collections.abc import Iterator

import pytest

from tests.judges.cases import Log
from tests.judges.judges import GO_PACKAGES, SOURCE, Golang, build


@pytest.fixture(scope="session")
def log() -> Log:
    """A log to be judged."""
    return Log()


@pytest.fixture(scope="session")
def golang(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Golang]:
    """golang.org/x/mod, compiled."""
    if shutil.which("go") is None or not (GO_PACKAGES / "src/golang.org/x/mod").is_dir():
        pytest.skip("apt-get install golang-go golang-golang-x-mod-dev")
    judge = Golang(build(SOURCE, tmp_path_factory.mktemp("golang")))
    yield judge
    judge.close()
