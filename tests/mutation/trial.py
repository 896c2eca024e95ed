"""Whether the tests notice a mutant: each is tried in a process forked for it.

Run as a program with a list of modules; prints a line of JSON for each mutant.
"""

import importlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from time import monotonic, sleep
from types import ModuleType

from tests.mutation.mutants import Mutant, mutants, without_refusals

ROOT = Path(__file__).parents[2]
PATIENCE = 5.0
"""How much longer than the unchanged module a mutant may take; one without end is noticed."""
AT_MOST = 600.0  # seconds, for the unchanged module
AT_ONCE = 2
UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Suite:
    """Which tests shall notice the mutants of a module, and which mutants those are."""

    tests: tuple[str, ...]
    mutants: Callable[[Path, str], Iterator[Mutant]]


_RULE = Suite(
    (
        "consent/test_model.py",
        "consent/test_rules.py",
        "consent/test_policy.py",
        "consent/test_token.py",
        "consent/test_policy_whatever.py",
    ),
    mutants,
)
_LOGIN = Suite(
    (
        "mynaportal_sim/login",
        "mynaportal_sim/web/test_second_device.py",
        "mynaportal_sim/web/test_signature_at_reader.py",
        "mynaportal_sim/web/test_signature.py",
        "mynaportal_sim/web/test_unchecked_card.py",
    ),
    without_refusals,
)
_CERTIFICATE = Suite(
    (
        "mynaportal_sim/pki/test_validation.py",
        "mynaportal_sim/pki/test_ocsp_client.py",
        "mynaportal_sim/pki/test_foreign_answers.py",
    ),
    without_refusals,
)
SUITES: Mapping[str, Suite] = {
    **{f"consent.policy.{name}": _RULE for name in ("decision", "filter")},
    **{f"consent.policy.{name}": _RULE for name in ("obligations", "request")},
    **{f"consent.model.{name}": _RULE for name in ("life", "rules", "terms", "version")},
    **{f"consent.{name}": _RULE for name in ("model.granted", "model.prohibition", "token")},
    **{f"mynaportal_sim.login.{name}": _LOGIN for name in ("checks", "csrf", "soft", "token")},
    "mynaportal_sim.login.second_device.service": _LOGIN,
    **{f"mynaportal_sim.pki.{name}": _CERTIFICATE for name in ("certificate", "validation")},
    "mynaportal_sim.pki.ocsp.client": _CERTIFICATE,
}
"""What is tried: of the rule each neighbour, of a login each refusal that is left out."""


class _Mutated(MetaPathFinder, Loader):
    """Imports one module from the source of a mutant."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        if fullname != self.mutant.module:
            return None
        package = ROOT.joinpath(*fullname.split(".")).is_dir()
        return spec_from_loader(fullname, self, is_package=package)

    def exec_module(self, module: ModuleType) -> None:
        if (
            module.__spec__ is not None
            and module.__spec__.submodule_search_locations is not None
        ):
            place = str(ROOT.joinpath(*self.mutant.module.split(".")))
            module.__spec__.submodule_search_locations.append(place)
            module.__path__ = [place]
        exec(compile(self.mutant.source, self.mutant.module, "exec"), module.__dict__)  # noqa: S102


def _try(mutant: Mutant) -> int:
    """Run the tests on a mutant in this process; 0 if they notice nothing."""
    sys.meta_path.insert(0, _Mutated(mutant))
    pytest = importlib.import_module("pytest")
    paths = [str(ROOT / "tests" / name) for name in SUITES[mutant.module].tests]
    told = ["-x", "-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestWarning"]
    told += ["-m", "not postgres and not deep"]
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nothing,
        redirect_stdout(nothing),
        redirect_stderr(nothing),
    ):
        return int(pytest.main([*told, *paths]))


def main(modules: list[str]) -> None:
    """Try every mutant of these modules, two at a time, after the first module unchanged."""
    for name in ("pytest", "hypothesis", "cryptography.x509", "sqlmodel", "fastapi", "jwt"):
        importlib.import_module(name)
    began = monotonic()
    _try_each([_unchanged(module) for module in modules[:1]], AT_MOST)
    within = PATIENCE * (monotonic() - began)
    _try_each(
        [one for module in modules for one in SUITES[module].mutants(ROOT, module)], within
    )


def _try_each(waiting: list[Mutant], within: float) -> None:
    """Try them in processes of their own; tell of each as soon as it is known."""
    running: dict[int, tuple[Mutant, float]] = {}
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            mutant = waiting.pop(0)
            pid = os.fork()
            if pid == 0:
                os.setpgid(0, 0)
                os._exit(1 if _noticed(mutant) else 0)
            running[pid] = (mutant, monotonic())
        sleep(0.02)
        for pid, (mutant, began) in list(running.items()):
            done, status = os.waitpid(pid, os.WNOHANG)
            if not done and monotonic() - began < within:
                continue
            if not done:
                os.kill(pid, 9)
                _, status = os.waitpid(pid, 0)
            del running[pid]
            said = {"module": mutant.module, "mutant": mutant.name, "noticed": status != 0}
            sys.stdout.write(f"{json.dumps(said, ensure_ascii=False)}\n")
            sys.stdout.flush()


def _unchanged(module: str) -> Mutant:
    """No mutant at all: tests that fail on it say nothing of the others."""
    return Mutant(
        module, UNCHANGED, ROOT.joinpath(*module.split(".")).with_suffix(".py").read_text()
    )


def _noticed(mutant: Mutant) -> bool:
    try:
        return _try(mutant) != 0
    except BaseException:  # noqa: BLE001  a mutant may break anything, the tests' own start too
        return True


if __name__ == "__main__":
    main(sys.argv[1:])
