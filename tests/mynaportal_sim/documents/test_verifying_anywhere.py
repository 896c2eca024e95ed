"""Anybody has the signature of a document judged: by a command with no server, or the API."""

import json
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.document.format import Format
from card_reader.emulator.card import Card
from mynaportal_sim.cli.consent import app as consent_command
from mynaportal_sim.cli.document import app as document_command
from mynaportal_sim.documents.model import DOCUMENT_MAX
from tests.mynaportal_sim.documents.conftest import DOCUMENT, made
from tests.mynaportal_sim.web.conftest import portal, prepared
from tests.mynaportal_sim.web.kit import HANAKO, Portal

__all__ = ["portal", "prepared"]
CHECKS = ["structure", "document", "signature", "certificate", "validity", "revocation"]


@dataclass(frozen=True)
class Desk:
    """A portal, a document on disk, and what Hanako's card made of it."""

    portal: Portal
    place: Path
    made: dict[Format, bytes]

    def ask(self, document: bytes, signature: bytes) -> httpx.Response:
        """The API's answer."""
        both = {"document": document, "signature": signature}
        body = {name: b64encode(one).decode() for name, one in both.items()}
        return self.portal.browser().send("POST", "/documents/verify", json=body)

    def command(self, form: Format, *arguments: str, data: Path | None = None) -> Any:
        """What the command finds, and the code that it ends with."""
        where = data or self.portal.web.state.settings.data
        files = [str(self.place / "document"), "--signature", str(self.place / form)]
        words = ["verify", *files, "--data", str(where), "--json", *arguments]
        done = CliRunner().invoke(document_command, words)
        return done.exit_code, json.loads(done.stdout)


@pytest.fixture
def desk(portal: Portal, tmp_path: Path) -> Desk:
    now = portal.web.state.clock.now()
    files = {}
    for form in Format:
        jpki = Jpki(Session(Card.load(portal.card(HANAKO))))
        files[form] = made(jpki, form, DOCUMENT, now)
        (tmp_path / form).write_bytes(files[form])
    (tmp_path / "document").write_bytes(DOCUMENT)
    return Desk(portal, tmp_path, files)


@pytest.mark.parametrize("form", Format)
def test_the_api_says_what_it_checked_and_what_not(desk: Desk, form: Format) -> None:
    told = desk.ask(DOCUMENT, desk.made[form]).json()
    assert told["holds"] is True, told
    assert [one["check"] for one in told["findings"]] == CHECKS
    assert told["signature"]["format"] == form
    assert "SIMULATION" in told["signature"]["issuer"]
    assert told["not_checked"]
    changed = desk.ask(DOCUMENT + b"!", desk.made[form]).json()
    assert changed["holds"] is False
    assert [one["code"] for one in changed["findings"] if not one["holds"]] == [
        {Format.CMS: "document_differs", Format.JWS: "signature_invalid"}[form]
    ]
    none = desk.ask(DOCUMENT, b"eyJ").json()
    assert (none["holds"], none["signature"]) == (False, None)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{}", 400),
        (b"[", 400),
        (b'{"document":"?","signature":""}', 400),
        (b'{"document":"","signature":"","digest":""}', 400),
        (b'{"document":"' + b"A" * (DOCUMENT_MAX * 3 // 2) + b'"}', 413),
    ],
)
def test_the_api_takes_nothing_but_a_document_and_a_signature(
    portal: Portal, body: bytes, status: int
) -> None:
    sent = {"content-type": "application/json"}
    answer = portal.browser().send("POST", "/documents/verify", sent, content=body)
    assert (answer.status_code, answer.json()["error"]) == (status, "invalid_request")


@pytest.mark.parametrize("form", Format)
def test_the_command_judges_by_the_portals_own_lists_or_with_no_portal_at_all(
    desk: Desk, tmp_path: Path, form: Format
) -> None:
    code, found = desk.command(form)
    assert (code, [one["what"] for one in found]) == (0, CHECKS), found
    browser = desk.portal.browser()
    (tmp_path / "ca.crl").write_bytes(browser.get("/pki/crl/signing.crl").content)
    data = str(desk.portal.web.state.settings.data)
    roots = CliRunner().invoke(consent_command, ["roots", "--data", data]).stdout
    (tmp_path / "roots.pem").write_text(roots)
    alone = ("--roots", str(tmp_path / "roots.pem"))
    given = (*alone, "--crl", str(tmp_path / "ca.crl"))
    assert desk.command(form, *given, data=tmp_path / "nothing")[0] == 0
    code, found = desk.command(form, *alone, data=tmp_path / "nothing")
    wrong = [one for one in found if not one["well"]]
    assert (code, [one["what"] for one in wrong]) == (1, ["revocation"])
    assert "--crl" in wrong[0]["advice"]


def test_a_document_that_was_changed_is_refused_by_the_command(desk: Desk) -> None:
    (desk.place / "document").write_bytes(DOCUMENT + b"!")
    code, found = desk.command(Format.CMS)
    assert (code, [one["found"].partition(":")[0] for one in found if not one["well"]]) == (
        1,
        ["document_differs"],
    )
