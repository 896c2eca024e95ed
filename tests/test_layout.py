"""What the size and naming rules of CONTRIBUTING.md promise a reader."""

import ast
import re
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from statistics import median

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PACKAGES = ("card_reader", "consent", "mynaportal_sim")

MEDIAN_LINES = 150
MODULE_LINES = 400
FUNCTION_LINES = 50

# Module -> why it is longer than MODULE_LINES.
LONG_MODULES: dict[str, str] = {
    "tests/journeys/test_sample_app.py": "one app, from its start to its end",
    "tests/mynaportal_sim/login/test_card_login.py": "cases L1 to L18 of one endpoint",
    "tests/mynaportal_sim/oauth/test_checks.py": "a row for each check, one table",
    "tests/mynaportal_sim/phr/test_fhir.py": "one search grammar and one gate, over HTTP",
    "tests/mynaportal_sim/pki/test_validation.py": "cases V1 to V16, one table",
    "tests/mynaportal_sim/research/test_verification.py": "what can be changed, one table",
    "tests/mynaportal_sim/web/test_second_device.py": "cases Q1 to Q11, from both sides",
}

# "module:function" -> why it is longer than FUNCTION_LINES.
LONG_FUNCTIONS: dict[str, str] = {
    "mynaportal_sim/cli/app_register.py:register": "a parameter for each option, and its field",
    "mynaportal_sim/migrations/versions/0001_the_first_tables.py:upgrade": "a list of tables",
}

VAGUE_NAMES = {"utils", "util", "helpers", "common", "misc"}
# The application that real cards call 共通 (common).
CARD_APPLICATIONS = {"card_reader/client/common.py"}

LOCKS = ROOT / "requirements"
PIN = re.compile(
    r"^(?P<name>[\w.-]+)==(?P<version>\S+).*\\\n(?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+",
    re.MULTILINE,
)
COMMENT = re.compile(r" +# ")

MACHINE_PATH = re.compile(r"(?<![\w.$}~])/(?:work|root|home|Users|opt)/[\w.]")
# Spelt so that this line does not name one itself.
REGISTRY = re.compile(r"py[p]i\.org|python[h]osted\.org|npm[j]s\.org")


def _modules(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    """Each function of a module as ("module:function", lines from `def` to its end)."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield (
                f"{_name(path)}:{node.name}",
                (node.end_lineno or node.lineno) - node.lineno + 1,
            )


def _ignored() -> list[str]:
    """Names that .gitignore lists; it has no pattern with a folder in it."""
    lines = (ROOT / ".gitignore").read_text().split()
    return [".git", *(line.rstrip("/") for line in lines)]


def _tracked_files(folder: Path, ignored: list[str]) -> Iterator[Path]:
    """What git tracks, found without git, which a bare system lacks."""
    for path in sorted(folder.iterdir()):
        if any(fnmatch(path.name, pattern) for pattern in ignored):
            continue
        if path.is_dir():
            yield from _tracked_files(path, ignored)
        else:
            yield path


def test_half_of_the_modules_fit_on_two_screens() -> None:
    lengths = [lines for path in _modules(*PACKAGES) if (lines := _lines(path))]
    assert median(lengths) < MEDIAN_LINES


def test_each_long_module_is_listed_with_its_reason() -> None:
    long = {_name(path) for path in _modules(*PACKAGES, "tests") if _lines(path) > MODULE_LINES}
    assert long == LONG_MODULES.keys()
    assert all(LONG_MODULES.values())


def test_each_long_function_is_listed_with_its_reason() -> None:
    long = {
        name
        for path in _modules(*PACKAGES, "tests")
        for name, lines in _functions(path)
        if lines > FUNCTION_LINES
    }
    assert long == LONG_FUNCTIONS.keys()
    assert all(LONG_FUNCTIONS.values())


def test_modules_are_named_for_what_is_in_them() -> None:
    vague = {
        _name(path)
        for path in _modules(*PACKAGES)
        if {path.stem, *path.relative_to(ROOT).parent.parts} & VAGUE_NAMES
    }
    assert vague <= CARD_APPLICATIONS


def test_tests_are_no_package_and_shadow_none() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_no_file_names_a_build_machine_or_a_registry() -> None:
    leaks = [
        f"{_name(path)}: {found.group()}"
        for path in _tracked_files(ROOT, _ignored())
        for pattern in (MACHINE_PATH, REGISTRY)
        if (found := pattern.search(path.read_bytes().decode("utf-8", "replace")))
    ]
    assert leaks == []


def _pins(lock: Path) -> dict[str, str]:
    """What a lock pins, as name -> version; fails on a line that is no hashed pin."""
    text = lock.read_text()
    unhashed = [line for line in PIN.sub("", text).splitlines() if not COMMENT.match(line)]
    assert unhashed == [], lock.name
    return {pin["name"]: pin["version"] for pin in PIN.finditer(text)}


def test_locks_pin_by_hash_and_agree_with_the_core() -> None:
    core = _pins(LOCKS / "core.lock")
    for lock in LOCKS.glob("*.lock"):
        pins = _pins(lock)
        assert pins == pins | {name: core[name] for name in pins.keys() & core.keys()}, (
            lock.name
        )


def test_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {"core": project["dependencies"], **project["optional-dependencies"]}
    assert {lock.stem for lock in LOCKS.glob("*.lock")} == wanted.keys()
    for name, requirements in wanted.items():
        pins = _pins(LOCKS / f"{name}.lock")
        stale = [
            str(requirement)
            for requirement in map(Requirement, requirements)
            if not requirement.specifier.contains(
                pins.get(canonicalize_name(requirement.name), "0")
            )
        ]
        assert stale == [], f"run ./mynasim lock: {name}"
