"""The linters of Dockerfiles and compose files find nothing that is not justified in a file."""

import subprocess
import tomllib
from pathlib import Path

from tests.docker.kit import COMPOSE, DOCKERFILE, HERE, ROOT, images

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONFIG = COMPOSE.with_name(".compose-lint.yml")


def _found(*command: str | Path) -> str:
    done = subprocess.run(
        [f"{HERE}/{command[0]}", *command[1:]], capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_hadolint_finds_nothing() -> None:
    assert _found("hadolint", "--failure-threshold=style", DOCKERFILE) == ""


def test_compose_lint_finds_nothing() -> None:
    strictly = ("--fail-on", "low", "--strict-config", "--no-env", "--config", CONFIG)
    assert _found("compose-lint", "check", *strictly, COMPOSE) == ""


def test_the_image_is_built_from_each_package_and_no_more() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    wheel = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert {line[1:] for line in lines if line.startswith("!")} == {
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "requirements",
        *wheel["packages"],
    }
    assert "*" in lines


def test_the_label_names_this_version() -> None:
    project = PYPROJECT["project"]
    labels = images()["portal"].labels
    assert labels["org.opencontainers.image.version"] == project["version"]
    assert labels["org.opencontainers.image.licenses"] == project["license"]
