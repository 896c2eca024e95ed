"""Every message that a page can show is there in both languages, and compiled as written."""

import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment, meta

from consent.catalogue import LegalBasis
from consent.mandate import Refusal
from mynaportal_sim import web
from mynaportal_sim.domains.catalogue import catalogue as known_here
from mynaportal_sim.web import wording
from mynaportal_sim.web.language import LANGUAGES, messages

PORTAL = Path(web.__file__).parents[1]
# Room -> its catalogue, and the modules beside its own that have messages in it.
ROOMS = {"web": ("mynasim", ["problems.py", "apps/**.py"]), "sample_app": ("sample_app", [])}
OPTIONS = {"trim_blocks": "true", "lstrip_blocks": "true"}
PARSER = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
FAULT = (2,)  # which of its arguments is a message
KEYWORDS = {
    "marked": None,
    "text": None,
    "_": None,
    "gettext": None,
    "RegistrationError": FAULT,
    "PrivateKeyGivenError": FAULT,
}

# The pages of consent, with those that it leads to; what words something on them: modules
# beside problems.py, and the tables of wording.py.
PAGES_OF_CONSENT = (
    "consent",
    "consents",
    "withdraw",
    "withdraw_all",
    "receipt",
    "signature",
    "prohibitions",
    "proxies",
    "proxy_code",
    "proxy_accept",
    "acting_for",
    "without_consent",
    "second_device",
    "device",
    "device_compare",
    "device_done",
    "problem",
)
WORDS_OF_CONSENT = (
    "agreement",
    "choice",
    "declared_since",
    "difference",
    "entry",
    "erasures",
    "kept",
    "lateness",
    "prohibitions",
    "signature",
    "terms",
)
TABLES_OF_CONSENT: tuple[Mapping[Any, str | tuple[str, str]], ...] = (
    wording.ACTS,
    wording.CHANNELS,
    wording.LOGIN_PROBLEMS,
    wording.MANDATE_STATUSES,
    wording.PROBLEMS,
    wording.REVIEWS,
    wording.ROLES,
    wording.SECOND_DEVICE,
    wording.SIGNATURE_ELSEWHERE,
    wording.SIGNED_WITH,
    wording.SIGNING_PROBLEMS,
    wording.STATUSES,
)


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
    assert {
        language: messages(language).gettext("Or use a card on a card reader")
        for language in LANGUAGES
    } == {
        "ja": "カードリーダーを使う",
        "ja-easy": "カードリーダーを使う",  # not on the pages of consent
        "en": "Or use a card on a card reader",
    }


@pytest.fixture(scope="module")
def easy() -> Catalog:
    with (PORTAL / "web/locale/ja_easy/LC_MESSAGES/mynasim.po").open("rb") as text:
        return read_po(text, locale="ja")


def _with_what_they_use(pages: Iterable[str]) -> set[str]:
    """The templates of pages, and those that they extend, include or import."""
    found: set[str] = set()
    left = set(pages)
    while left:
        name = left.pop()
        found.add(name)
        source = (PORTAL / name).read_text("utf-8")
        used = meta.find_referenced_templates(PARSER.parse(source))
        left |= {f"web/templates/{one}" for one in used} - found
    return found


def _said(table: Mapping[Any, str | tuple[str, str]]) -> set[str]:
    """The messages of a table of wording, some of which have a tone beside them."""
    return {one if isinstance(one, str) else one[0] for one in table.values()}


def test_the_pages_of_consent_are_in_plain_japanese_too(easy: Catalog) -> None:
    pages = _with_what_they_use(f"web/templates/{name}.html" for name in PAGES_OF_CONSENT)
    modules = [*(f"web/{name}.py" for name in WORDS_OF_CONSENT), "problems.py"]
    methods = [(name, "jinja2") for name in sorted(pages)]
    methods += [(name, "python") for name in modules]
    found = extract_from_dir(PORTAL, methods, dict.fromkeys(pages, OPTIONS), KEYWORDS)
    wanted = {message for _, _, message, _, _ in found if isinstance(message, str)}
    wanted = wanted.union(*map(_said, TABLES_OF_CONSENT))
    assert wanted
    assert not wanted - {message.id for message in easy if message.string}


def _assert_plain(said: str) -> None:
    for sentence in re.split("[。\uff1a\uff1f]", re.sub(r"（[ぁ-ん]+）", "", said)):
        assert len(sentence) <= 42, sentence
    assert not re.search(r"[\u4e00-\u9fff]{4,}(?![\u4e00-\u9fff（])", said), said
    assert not re.search("同意|提供|撤回|取得|依頼|許可|保管|期限", said), said


def test_plain_japanese_has_short_sentences_and_few_long_words(easy: Catalog) -> None:
    for message in filter(lambda one: one.id, easy):
        said = str(message.string)
        _assert_plain(said)
        slots = [set(re.findall(r"%\(\w+\)s", str(text))) for text in (said, message.id)]
        assert slots[0] == slots[1], said


def test_what_is_asked_for_why_and_by_which_right_is_in_plain_japanese_too() -> None:
    known = known_here()
    of_data = [
        said
        for one in known.categories.values()
        for said in (one.label_easy, one.explanation_easy)
    ]
    labels = [one.label_easy for one in (*known.purposes.values(), *LegalBasis)]
    for said in (*of_data, *labels, *(one.sentence_easy for one in Refusal)):
        assert said
        _assert_plain(said)


def test_plain_japanese_is_compiled_as_written(easy: Catalog) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, easy)
    place = PORTAL / "web/locale/ja_easy/LC_MESSAGES/mynasim.mo"
    assert place.read_bytes() == compiled.getvalue()
