"""Reads Dockerfile and compose.yaml, and runs a service of theirs as plain processes."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import yaml  # type: ignore[import-untyped]  # its stubs would be a package more

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "docker" / "Dockerfile"
COMPOSE = ROOT / "docker" / "compose.yaml"
IN_IMAGE = "/venv/bin"
HERE = str(Path(sys.executable).parent)
HEALTHY_WITHIN = 60.0  # seconds
VARIABLE = re.compile(r"\$\{(\w+):-([^}]*)\}")


@dataclass(frozen=True, slots=True)
class Image:
    """How a stage of the Dockerfile is run."""

    user: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    entrypoint: Sequence[str] = ()
    command: Sequence[str] = ()
    healthcheck: Sequence[str] = ()

    def after(self, instruction: str, rest: str) -> "Image":
        """The same after one more instruction of the Dockerfile."""
        change: dict[str, Any] = {}
        match instruction:
            case "USER":
                change = {"user": rest}
            case "ENV":
                change = {"environment": {**self.environment, **_pairs(rest)}}
            case "LABEL":
                change = {"labels": {**self.labels, **_pairs(rest)}}
            case "ENTRYPOINT":
                change = {"entrypoint": json.loads(rest)}
            case "CMD":
                change = {"command": json.loads(rest)}
            case "HEALTHCHECK":
                change = {"healthcheck": json.loads(rest.partition(" CMD ")[2])}
        return replace(self, **change)


def images() -> dict[str, Image]:
    """The stages of the Dockerfile by name."""
    lines = [line for line in DOCKERFILE.read_text().splitlines() if line[:1] != "#"]
    stages: dict[str, Image] = {}
    name = ""
    for step in re.sub(r"\s*\\\n\s*", " ", "\n".join(lines)).splitlines():
        instruction, _, rest = step.partition(" ")
        if instruction == "FROM":
            base, _, name = rest.partition(" AS ")
            stages[name] = stages.get(base, Image())
        elif instruction:
            stages[name] = stages[name].after(instruction, rest)
    return stages


def _pairs(text: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in shlex.split(text))


def services(**variables: str) -> dict[str, dict[str, Any]]:
    """The services of compose.yaml, with its variables as they are set here."""
    document = yaml.safe_load(COMPOSE.read_text())
    listed: dict[str, dict[str, Any]] = _filled(document["services"], variables)
    return listed


def _filled(node: Any, variables: Mapping[str, str]) -> Any:
    """Compose's interpolation, which looks at scalars."""
    match node:
        case str():
            text = VARIABLE.sub(lambda found: variables.get(found[1], found[2]), node)
            return text.replace("$$", "$")
        case list():
            return [_filled(one, variables) for one in node]
        case dict():
            return {key: _filled(one, variables) for key, one in node.items()}
    return node


@dataclass(frozen=True, slots=True)
class Box:
    """A running service, and what else is run beside it."""

    image: Image
    environment: Mapping[str, str]
    keeper: "subprocess.Popen[str]"

    def run(self, command: Sequence[str], **variables: str) -> tuple[int, str]:
        """Run a command beside the service; its exit code and what it printed."""
        assert self.keeper.stdout is not None
        self.tell(command, **variables)
        told = json.loads(self.keeper.stdout.readline() or '{"service_ended": "unborn"}')
        assert told["service_ended"] is None, "see what the service printed"
        return told["status"], told["printed"]

    def tell(self, command: Sequence[str], **variables: str) -> None:
        """Have the keeper run a command: first of all the service."""
        assert self.keeper.stdin is not None
        order = {"command": list(command), "environment": {**self.environment, **variables}}
        print(json.dumps(order), file=self.keeper.stdin, flush=True)

    def await_health(self) -> None:
        """Ask by the image's own HEALTHCHECK until it is content."""
        deadline = monotonic() + HEALTHY_WITHIN
        while True:
            status, printed = self.run(self.image.healthcheck)
            if status == 0:
                return
            assert monotonic() < deadline, printed
            sleep(0.1)


@contextmanager
def running(
    service: Mapping[str, Any], volumes: Mapping[str, Path], root: Path
) -> Iterator[Box]:
    """A service of compose.yaml, healthy.

    Args:
        volumes: where each of its named volumes lies.
        root: an empty directory to mount its root on.
    """
    image = images()[service["build"]["target"]]
    named = [volume.split(":") for volume in service.get("volumes", [])]
    plan = {
        "root": str(root),
        "volumes": [(str(volumes[n]), place, mode != ["ro"]) for n, place, *mode in named],
        "tmpfs": [place.partition(":")[0] for place in service["tmpfs"]],
        "needed": [str(ROOT), sys.base_prefix, sys.prefix],
    }
    environment = {"HOME": "/data", **image.environment, **service.get("environment", {})}
    environment["PATH"] = environment["PATH"].replace(IN_IMAGE, HERE)
    as_root = () if os.geteuid() == 0 else ("--user", "--map-root-user")
    # Propagation is for the keeper to change: in a chroot unshare cannot.
    apart = ("--mount", "--net", "--pid", "--fork", "--kill-child", "--propagation=unchanged")
    keeper = subprocess.Popen(
        ["unshare", *as_root, *apart, sys.executable, Path(__file__).with_name("keeper.py"),
         json.dumps(plan)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    box = Box(image, environment, keeper)
    try:
        box.tell([*image.entrypoint, *service.get("command", image.command)])
        box.await_health()
        yield box
    finally:
        keeper.kill()
        keeper.communicate()
