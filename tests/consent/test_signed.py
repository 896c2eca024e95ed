"""The text that a person signs, and a signature kept beside the answer."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
import rfc8785

from consent import store
from consent.ledger import store as ledger
from consent.ledger.copies import Copy
from consent.ledger.entry import read_body, read_leaf
from consent.model import ConsentVersion, Notice, Recipient, Role, Signature, Supervision
from consent.receipt import Agreement, Words
from consent.service import Proposal
from consent.store import signatures
from mynaportal_sim.database import Database
from tests.consent.kit import HOLDER, answered, granted_to

VECTOR = Path(__file__).parents[1] / "vectors" / "consent-statement.json"
WORDS = Words("https://portal.invalid", (("提供する情報", "健診結果"),), ("checkup",), None)
SIGNATURE = Signature(
    kind="signing",
    text="{}",
    statement_sha256="5" * 64,
    challenge="",
    value=b"signature",
    certificate=b"certificate",
    issuer=b"issuer",
    revocation=b"list",
    key=bytes(32),
)

LATER = datetime(2030, 1, 1, tzinfo=UTC)

Change = Callable[[Agreement], Agreement]


def _words(**changed: object) -> Change:
    return lambda one: replace(one, words=replace(one.words, **changed))  # type: ignore[arg-type]  # any field


def _given(**changed: object) -> Change:
    return lambda one: replace(one, given=replace(one.given, **changed))  # type: ignore[arg-type]  # any field


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda one: replace(one, version_id=uuid4()), id="another question"),
        pytest.param(lambda one: replace(one, app_id="other"), id="another app"),
        pytest.param(lambda one: replace(one, role=Role.GUARDIAN), id="for somebody else"),
        pytest.param(lambda one: replace(one, asked=one.asked[:1]), id="less was asked"),
        pytest.param(lambda one: _given(rules=one.given.rules[:1])(one), id="less is given"),
        pytest.param(_given(recipients=(Recipient("他社"),)), id="another recipient"),
        pytest.param(_given(supervision=Supervision("")), id="nobody supervises"),
        pytest.param(_given(notice=Notice("1", "en")), id="another language"),
        pytest.param(_given(valid_until=LATER), id="another end"),
        pytest.param(_words(portal="https://evil.invalid"), id="another portal"),
        pytest.param(_words(lines=(("提供する情報", "健診結果、"),)), id="a comma on the page"),
        pytest.param(_words(sensitive=()), id="nothing marked for special care"),
    ],
)
def test_whatever_is_agreed_or_shown_changes_the_text(
    granted: ConsentVersion, change: Change
) -> None:
    agreement = Agreement.of(granted, WORDS)
    assert change(agreement).text != agreement.text


def test_the_text_is_canonical_and_names_nobody(granted: ConsentVersion) -> None:
    text = Agreement.of(granted, WORDS).text
    assert text.encode() == rfc8785.dumps(json.loads(text))
    assert text == Agreement.of(replace(granted, resident_id=uuid4()), WORDS).text
    published = json.loads(VECTOR.read_text())["text"]
    assert published.encode() == rfc8785.dumps(json.loads(published))
    assert json.loads(published).keys() == json.loads(text).keys()


def test_a_signature_is_kept_beside_the_answer_and_the_ledger_commits_to_it(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    version = granted_to(database, replace(proposal, signature=SIGNATURE), noon)
    ids = (proposal.resident_id, proposal.id)
    assert database.run(signatures.find, *ids) == SIGNATURE
    assert version.evidence.certificate_mac == SIGNATURE.certificate_mac
    assert database.run(store.version, *ids) == version
    [logged] = database.run(ledger.of_holder, HOLDER, 10)
    opened = read_body(logged.body or b"")
    said = {name: opening.value for name, opening in opened.items()}
    assert said["signed_with"] == "signing"
    assert said["statement_sha256"] == SIGNATURE.statement_sha256
    assert read_leaf(logged.leaf).commitments.keys() == opened.keys()
    assert "signature_sha256" in Copy.PERSON.of(opened)
    assert "signature_sha256" not in Copy.APP.of(opened)


def test_an_answer_without_a_signature_says_nothing_of_one(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    version = answered(database, proposal, (), noon)
    assert version.evidence == proposal.evidence
    assert database.run(signatures.find, proposal.resident_id, proposal.id) is None
    [logged] = database.run(ledger.of_holder, HOLDER, 10)
    assert not {"signed_with", "statement_sha256"} & read_leaf(logged.leaf).commitments.keys()
