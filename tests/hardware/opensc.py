"""OpenSC's programs, and what they print."""

import re
import subprocess
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Outcome:
    """What a program printed (both streams) and how it ended."""

    printed: str
    status: int

    def shows(self, *patterns: str) -> bool:
        """Whether each pattern is found."""
        missing = [one for one in patterns if not re.search(one, self.printed, re.MULTILINE)]
        assert missing == [], f"{missing} not in:\n{self.printed}"
        return True


def run(*command: str | Path, cwd: Path | None = None) -> Outcome:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=60,
    )
    return Outcome(done.stdout, done.returncode)


def tool(module: Path, slot: int, *arguments: str | Path, cwd: Path | None = None) -> Outcome:
    slotted = ("pkcs11-tool", "--module", module, "--slot-index", str(slot))
    return run(*slotted, *arguments, cwd=cwd)


def dump() -> Outcome:
    return run("pkcs15-tool", "--dump")


def pem(outcome: Outcome) -> bytes:
    """The DER of the one certificate that was printed."""
    body = re.search(r"-----BEGIN CERTIFICATE-----(.+?)-----END", outcome.printed, re.DOTALL)
    assert body is not None, outcome.printed
    return b64decode(body[1])
