"""Every message that a page can show is there in both languages, and compiled as written."""

import io
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from mynaportal_sim import web
from mynaportal_sim.web.language import LANGUAGES, messages

PORTAL = Path(web.__file__).parents[1]
# Room -> its catalogue, and the modules beside its own that have messages in it.
ROOMS = {"web": ("mynasim", ["problems.py"]), "sample_app": ("sample_app", [])}
OPTIONS = {"trim_blocks": "true", "lstrip_blocks": "true"}
KEYWORDS = {"marked": None, "text": None, "_": None, "gettext": None}


@pytest.fixture(scope="module", params=ROOMS)
def room(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def source(room: str) -> Path:
    """Where the room's Japanese stands."""
    return PORTAL / room / "locale" / "ja" / "LC_MESSAGES" / f"{ROOMS[room][0]}.po"


@pytest.fixture(scope="module")
def shown(room: str) -> set[str]:
    """The msgids that templates and code mention."""
    templates = (f"{room}/templates/**.html", "jinja2")
    modules = [(name, "python") for name in (f"{room}/**.py", *ROOMS[room][1])]
    options = {templates[0]: OPTIONS}
    found = extract_from_dir(PORTAL, [templates, *modules], options, KEYWORDS)
    return {message for _, _, message, _, _ in found if isinstance(message, str)}


@pytest.fixture(scope="module")
def catalogue(source: Path) -> Catalog:
    with source.open("rb") as text:
        return read_po(text, locale="ja")


def test_each_message_has_japanese(shown: set[str], catalogue: Catalog) -> None:
    assert shown
    translated = {message.id for message in catalogue if message.id and message.string}
    assert shown <= translated


def test_no_translation_is_of_a_message_that_is_gone(
    shown: set[str], catalogue: Catalog
) -> None:
    assert {message.id for message in catalogue if message.id} <= shown


def test_a_translation_fills_the_same_blanks(catalogue: Catalog) -> None:
    blanks = re.compile(r"%\((\w+)\)s")
    for message in catalogue:
        if message.id:
            assert set(blanks.findall(str(message.id))) == set(
                blanks.findall(str(message.string))
            )


def test_the_compiled_catalogue_is_that_of_the_source(catalogue: Catalog, source: Path) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    assert source.with_suffix(".mo").read_bytes() == compiled.getvalue()


def test_no_template_speaks_one_language_only(room: str) -> None:
    japanese = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
    for template in (PORTAL / room / "templates").glob("*.html"):
        said = template.read_text("utf-8").replace("日本語", "").replace('"、"', "")
        assert not japanese.search(said), template.name


def test_english_is_what_the_source_says() -> None:
    assert {language: messages(language).gettext("Withdrawn") for language in LANGUAGES} == {
        "ja": "撤回済み",
        "en": "Withdrawn",
    }
