"""`./mynasim check`, `test` and `lock`: what someone who changes this project runs.

The shim runs this file by its path, and it stands on the standard library alone: it must work
while the package it belongs to does not import.
"""

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[2]
TOOLS = Path(sys.executable).parent

PYTEST = (sys.executable, "-m", "pytest")
CHECKS: Mapping[str, Sequence[str]] = {
    "format": (f"{TOOLS}/ruff", "format", "--check", "--output-format=concise", "."),
    "lint": (f"{TOOLS}/ruff", "check", "--quiet", "--output-format=concise", "."),
    "types": (sys.executable, "-m", "mypy", "--no-error-summary"),
    "imports": (f"{TOOLS}/lint-imports", "--no-logo"),
    "layout": (*PYTEST, "-q", "-p", "no:cacheprovider", "tests/test_layout.py"),
}
COVERAGE = ("--cov", "--cov-report=term:skip-covered")
# By file, since what a module's tests share is made once for them.
# One more than there are processors, since tests also wait.
SIDE_BY_SIDE = (
    *("-n", str(min(4, (os.cpu_count() or 1) + 1))),
    *("--dist", "loadfile", "--no-loadscope-reorder"),  # files of few tests are the slow ones
    "--max-worker-restart=0",  # a new worker would begin with the test that ended the last one
)
# A test that not even its timeout ends takes its worker with it, named and with its stacks.
GIVEN_UP = ("-o", "faulthandler_timeout=420", "-o", "faulthandler_exit_on_timeout=true")

UNIVERSAL = ("--universal", "--python-version", "3.11", "--generate-hashes", "--no-header")
COMPILE = ("uv", "--no-config", "pip", "compile", "--quiet", *UNIVERSAL)
LOCKED_EXTRAS = ("postgres", "reader", "research", "dev")


@dataclass(frozen=True, slots=True)
class SystemPackage:
    """A Debian package that some tests need, and how to tell that it is there."""

    name: str
    why: str
    present: Callable[[], bool]


def check() -> int:
    """Run every check, two at a time; print a line each, then what the failed ones said."""
    failures: list[tuple[str, str]] = []
    with ThreadPoolExecutor(max_workers=2) as pool:
        runs = [pool.submit(_timed, name, command) for name, command in CHECKS.items()]
        for run in as_completed(runs):
            name, seconds, result = run.result()
            _say(f"{'ok  ' if result.returncode == 0 else 'FAIL'} {name:8} {seconds:5.1f} s")
            if result.returncode != 0:
                failures.append((name, result.stdout))
    for name, output in failures:
        _say(f"\n--- {name}: {shlex.join(CHECKS[name])}\n{output.rstrip()}")
    return 1 if failures else 0


def test(arguments: Sequence[str]) -> NoReturn:
    """Become pytest over all tests but the `deep` ones, or with `--deep` over those too.

    What else is in `arguments` goes to pytest. Coverage, which takes a third more time, is
    printed for whole runs with `--deep` only.
    Where CI=true, missing system packages are installed and a skipped test is a failure.
    """
    in_ci = os.environ.get("CI") == "true"
    provide_system_packages(in_ci=in_ci)
    provide_reader_support()
    deep = "--deep" in arguments
    wanted = [argument for argument in arguments if argument != "--deep"]
    whole = (*SIDE_BY_SIDE, *(COVERAGE if deep else ()))
    command = [*PYTEST, *(() if deep else (*GIVEN_UP, "-m", "not deep")), *(wanted or whole)]
    environment = {**os.environ, "MYNASIM_NO_SKIPS": "1"} if in_ci else dict(os.environ)
    os.chdir(ROOT)
    os.execve(command[0], command, environment)  # noqa: S606  no shell is the point


def lock(arguments: Sequence[str]) -> int:
    """Fit requirements/*.lock to pyproject.toml, with uv from PATH; `arguments` go to uv."""
    if shutil.which("uv") is None:
        _say("uv is needed to write locks: python3 -m pip install uv")
        return 1
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    core = _run([*COMPILE, *arguments, "pyproject.toml", "-o", "requirements/core.lock"])
    codes = [core.returncode]
    for extra in LOCKED_EXTRAS:
        requirements = "\n".join(project["optional-dependencies"][extra])
        output = f"requirements/{extra}.lock"
        command = [*COMPILE, *arguments, "-", "-c", "requirements/core.lock", "-o", output]
        codes.append(_run(command, stdin=requirements).returncode)
    return max(codes)


def provide_system_packages(*, in_ci: bool) -> None:
    """Install what is missing: unasked in CI, on a yes at a terminal, else say how."""
    missing = [package for package in SYSTEM_PACKAGES if not package.present()]
    if not missing:
        return
    apt_get = ["apt-get"] if os.geteuid() == 0 else ["sudo", "apt-get"]
    names = [package.name for package in missing]
    install = [*apt_get, "install", "-y", "--no-install-recommends", *names]
    for package in missing:
        _say(f"{package.name} is missing: {package.why}.")
    able = all(shutil.which(program) for program in apt_get)
    if able and (in_ci or _agreed(install)):
        _run([*apt_get, "update", "-qq"])
        _run(install, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
        if "vsmartcard-vpcd" in names and VIRTUAL_READER.exists():
            _run([*apt_get[:-1], "rm", str(VIRTUAL_READER)])
    else:
        _say(f"Tests that need it are skipped. To run them: {shlex.join(install)}")


def provide_reader_support() -> None:
    """Have the shim install the extra `reader`; without it the tests that need it skip."""
    lacking = [package.name for package in SYSTEM_PACKAGES if package.why == PYSCARD]
    if all(package.present() for package in SYSTEM_PACKAGES if package.name in lacking):
        _run(["sh", str(ROOT / "mynasim"), "set-up", "reader"])


def _agreed(install: Sequence[str]) -> bool:
    """Ask on a terminal; nobody to ask means no."""
    if not sys.stdin.isatty():
        return False
    answer = input(f"Run `{shlex.join(install)}` now? [y/N] ")
    return answer.strip().lower() in {"y", "yes"}


def _postgresql_present() -> bool:
    # Debian keeps the server's programs off PATH.
    on_debian = any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return on_debian or shutil.which("initdb") is not None


def _header_present(name: str) -> Callable[[], bool]:
    return lambda: any(Path("/usr").glob(f"include/{name}"))


def _python_headers_present() -> bool:
    return Path(sysconfig.get_path("include"), "Python.h").exists()


def _go_module_present() -> bool:
    return Path("/usr/share/gocode/src/golang.org/x/mod").is_dir()


def _noto_present() -> bool:
    return any(Path("/usr/share/fonts").glob("**/NotoSansCJK*"))


def _virtual_reader_present() -> bool:
    return any(Path("/usr/lib/pcsc/drivers").glob("serial/libifdvpcd.so"))


def _on_path(program: str) -> Callable[[], bool]:
    # Debian keeps daemons where only root looks.
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin"))
    return lambda: shutil.which(program, path=path) is not None


READER_TESTS = "tests with a card reader start a private pcscd"
PYSCARD = "pyscard, which speaks to readers, is compiled"
JUDGES = "Go's own verifier must accept what the ledger makes"
BROWSER_TESTS = "tests of the pages run in a browser"
WINDOW_TESTS = "the agent's window is shown, and typed into"
SYSTEM_PACKAGES = (
    SystemPackage(
        "postgresql", "tests of stored state run on PostgreSQL too", _postgresql_present
    ),
    SystemPackage("pcscd", READER_TESTS, _on_path("pcscd")),
    SystemPackage("vsmartcard-vpcd", READER_TESTS, _virtual_reader_present),
    SystemPackage("opensc", "OpenSC must accept the card", _on_path("pkcs11-tool")),
    SystemPackage(
        "openssh-client", "OpenSSH must find the card's keys", _on_path("ssh-keygen")
    ),
    SystemPackage("openssl", "OpenSSL must accept what the card signs", _on_path("openssl")),
    SystemPackage("gcc", PYSCARD, _on_path("gcc")),
    SystemPackage("libc6-dev", PYSCARD, _header_present("stdio.h")),
    SystemPackage("python3-dev", PYSCARD, _python_headers_present),
    SystemPackage("libpcsclite-dev", PYSCARD, _header_present("PCSC/winscard.h")),
    SystemPackage("pkg-config", PYSCARD, _on_path("pkg-config")),
    SystemPackage("golang-go", JUDGES, _on_path("go")),
    SystemPackage("golang-golang-x-mod-dev", JUDGES, _go_module_present),
    SystemPackage("chromium", BROWSER_TESTS, _on_path("chromium")),
    SystemPackage("fonts-noto-cjk", BROWSER_TESTS, _noto_present),
    SystemPackage("xvfb", WINDOW_TESTS, _on_path("Xvfb")),
    SystemPackage("xdotool", WINDOW_TESTS, _on_path("xdotool")),
    SystemPackage("python3-tk", WINDOW_TESTS, lambda: find_spec("_tkinter") is not None),
    SystemPackage("libnss3-tools", "browsers are told what to trust", _on_path("certutil")),
    SystemPackage("ca-certificates", "so is the system", _on_path("update-ca-certificates")),
)
VIRTUAL_READER = Path("/etc/reader.conf.d/vpcd")
"""Debian's entry, which has the system's own pcscd listen on every interface."""


def _timed(
    name: str, command: Sequence[str]
) -> tuple[str, float, subprocess.CompletedProcess[str]]:
    started = perf_counter()
    result = _run(command, captured=True)
    return name, perf_counter() - started, result


def _run(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
    captured: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run one of this file's commands in the checkout's root."""
    return subprocess.run(  # noqa: S603  the commands are literals of this file
        command,
        cwd=ROOT,
        env=env,
        input=stdin,
        text=True,
        check=False,
        stdout=subprocess.PIPE if captured else None,
        stderr=subprocess.STDOUT if captured else None,
    )


def _say(line: str) -> None:
    print(line, flush=True)


def main(arguments: Sequence[str]) -> int:
    match arguments:
        case ["check"]:
            return check()
        case ["test", *rest]:
            test(rest)
        case ["lock", *rest]:
            return lock(rest)
        case _:
            _say("usage: ./mynasim check | test [--deep] [PYTEST ARGUMENT…] | lock [--upgrade]")
            return 2


if __name__ == "__main__":
    try:
        raise SystemExit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        raise SystemExit(130) from None
