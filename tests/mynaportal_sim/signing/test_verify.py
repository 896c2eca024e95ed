"""What was signed is verified years later, and each tampering is caught by the checks named."""

import asyncio
import json
import shutil
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_bytes
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from card_reader.spec import Kind
from card_reader.statement import ConsentStatement
from consent.ledger import evidence
from consent.ledger.entry import canonical
from consent.ledger.evidence import Evidence
from consent.ledger.note import Signer, parse
from mynaportal_sim.app import create_app
from mynaportal_sim.pki import authority, crl
from mynaportal_sim.pki.certificate import Leaf
from mynaportal_sim.pki.model import RevocationReason, Revoked
from mynaportal_sim.pki.service import revoke
from mynaportal_sim.settings import Settings
from mynaportal_sim.signing.document import claims
from mynaportal_sim.signing.errors import MalformedReceiptError
from mynaportal_sim.signing.receipt import Receipt
from mynaportal_sim.signing.verify import Check, Trusted, judge
from tests.mynaportal_sim.signing.kit import COSIGNER, Log, receipt, sign
from tests.mynaportal_sim.web.kit import HANAKO, KENICHI, PORT, Portal

Saved = dict[str, Any]
MINUTE = timedelta(minutes=1)
UNPROVEN = set(Check) - {Check.AGREEMENT}
NO_CERTIFICATE = {Check.CERTIFICATE, Check.SIGNATURE, Check.REVOCATION}


@dataclass(frozen=True)
class World:
    """Receipts of two persons, by each certificate, and whom their readers trust."""

    portal: Portal
    receipts: dict[tuple[str, Kind], Saved]
    unsigned: Saved
    trusted: Trusted

    def saved(self, kind: Kind = Kind.SIGNING, persona: str = HANAKO) -> Saved:
        """A receipt, to be spoilt."""
        return deepcopy(self.receipts[persona, kind])


@pytest.fixture(scope="module")
def world(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data = tmp_path_factory.mktemp("signed") / "data"
    shutil.copytree(prepared, data)
    web = create_app(Settings(data=data, port=PORT))
    with asyncio.Runner() as runner:
        portal = Portal(web, runner)
        browsers = {}
        for kind in Kind:
            for persona in (HANAKO, KENICHI):
                browsers[persona, kind] = sign(portal, kind, persona=persona)
                web.state.clock.forward(2 * MINUTE)
        unsigned = portal.given("checkup")
        log = Log(portal)
        log.witnessed()
        receipts = {}
        for (persona, kind), browser in browsers.items():
            receipts[persona, kind] = receipt(browser, kind.value)
        yield World(portal, receipts, receipt(unsigned, ""), log.trusted)
    web.state.database.close()


def _faults(saved: Saved, trusted: Trusted) -> dict[Check, str]:
    return judge(Receipt.parse(json.dumps(saved).encode()), trusted).faults


@pytest.mark.parametrize("kind", list(Kind))
def test_what_was_signed_holds_by_itself(world: World, kind: Kind) -> None:
    assert _faults(world.saved(kind), world.trusted) == {}


# What somebody might do to a receipt. Each gets the receipt, and gives it back spoilt.


def _b64(value: bytes) -> str:
    return b64encode(value).decode()


def _renamed(saved: Saved, old: str, new: str) -> Saved:
    assert old in saved["agreement"]
    return saved | {"agreement": saved["agreement"].replace(old, new)}


def _page(saved: Saved, _: World) -> Saved:
    return _renamed(saved, "提供しない情報", "提供する情報")


def _reformatted(saved: Saved, _: World) -> Saved:
    return saved | {"agreement": json.dumps(json.loads(saved["agreement"]))}


def _consistently(saved: Saved, _: World) -> Saved:
    """The text with another app in it, and all that follows from the text."""
    spoilt = _renamed(saved, "すこやか手帳株式会社", "ほかの会社")
    text = spoilt["agreement"]
    spoilt["signature"]["statementSha256"] = ConsentStatement(text).sha256
    at = datetime.fromtimestamp(saved["consentTimestamp"], UTC)
    return spoilt | claims(text, saved["piiPrincipalId"], at)


def _claim(name: str, value: object) -> Callable[[Saved, World], Saved]:
    return lambda saved, _: saved | {name: value}


def _signature(**members: object) -> Callable[[Saved, World], Saved]:
    return lambda saved, _: saved | {"signature": saved["signature"] | members}


def _flipped(saved: Saved, world: World) -> Saved:
    value = bytearray(b64decode(saved["signature"]["signature"]))
    value[-1] ^= 1
    return _signature(signature=_b64(bytes(value)))(saved, world)


def _of_kenichi(*members: str) -> Callable[[Saved, World], Saved]:
    """Those members of the signature as the other person's receipt has them."""

    def spoil(saved: Saved, world: World) -> Saved:
        other = world.saved(Kind(saved["signature"]["with"]), KENICHI)["signature"]
        return _signature(**{name: other[name] for name in members or other})(saved, world)

    return spoil


def _other_proof(saved: Saved, world: World) -> Saved:
    other = world.saved(Kind(saved["signature"]["with"]), KENICHI)
    return saved | {"ledger": other["ledger"]}


def _no_proof(saved: Saved, _: World) -> Saved:
    return saved | {"ledger": saved["ledger"] | {"proof": None}}


def _unsigned(saved: Saved, _: World) -> Saved:
    return saved | {"signature": None}


def _proof(change: Callable[[Evidence], Evidence]) -> Callable[[Saved, World], Saved]:
    def spoil(saved: Saved, _: World) -> Saved:
        proof = change(Evidence.parse(saved["ledger"]["proof"].encode()))
        return saved | {"ledger": saved["ledger"] | {"proof": bytes(proof).decode()}}

    return spoil


def _cosigned(by: timedelta) -> Callable[[Saved, World], Saved]:
    """A checkpoint that the witness says it saw that long after the consent."""

    def spoil(saved: Saved, world: World) -> Saved:
        at = datetime.fromtimestamp(saved["consentTimestamp"], UTC) + by

        def again(proof: Evidence) -> Evidence:
            note = parse(proof.checkpoint)
            log = proof.checkpoint.decode().rsplit("— witness", 1)[0]
            return replace(proof, checkpoint=(log + COSIGNER.cosign(note.text, at)).encode())

        return _proof(again)(saved, world)

    return spoil


def _without_witness(proof: Evidence) -> Evidence:
    return replace(proof, checkpoint=proof.checkpoint.rsplit("— witness".encode(), 1)[0])


def _another_leaf(proof: Evidence) -> Evidence:
    return replace(proof, leaf=proof.leaf.replace(b"granted", b"denied"))


def _hidden(*names: str) -> Callable[[Evidence], Evidence]:
    return lambda proof: replace(
        proof, shown={name: one for name, one in proof.shown.items() if name not in names}
    )


def _listed(
    *, revoked: bool, by: timedelta = -MINUTE, kind: Kind | None = None
) -> Callable[[Saved, World], Saved]:
    """Another list of an authority's, made that long after the consent."""

    def spoil(saved: Saved, world: World) -> Saved:
        at = datetime.fromtimestamp(saved["consentTimestamp"], UTC)
        leaf = Leaf.parse(b64decode(saved["signature"]["certificate"])).certificate
        issuer = world.portal.web.state.authority[kind or Kind(saved["signature"]["with"])]
        line = Revoked(leaf.serial_number, at - MINUTE, RevocationReason.KEY_COMPROMISE)
        made = crl.build(issuer, [line] if revoked else [], 9, at + by)
        return _signature(revocationList=_b64(made))(saved, world)

    return spoil


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize(
    ("spoil", "caught"),
    [
        pytest.param(_page, {Check.AGREEMENT, Check.SIGNATURE}, id="words of the page"),
        pytest.param(
            _reformatted, {Check.AGREEMENT, Check.SIGNATURE}, id="text with other spaces"
        ),
        pytest.param(
            _consistently,
            {Check.SAME_CONSENT, Check.SIGNATURE},
            id="text, with all that follows from it",
        ),
        pytest.param(_claim("sensitive", False), {Check.RECEIPT}, id="what the receipt says"),
        pytest.param(_claim("more", ""), {Check.RECEIPT}, id="what it says beyond the text"),
        pytest.param(_claim("consentTimestamp", 1), {Check.RECEIPT}, id="when it was given"),
        pytest.param(_flipped, {Check.SAME_CONSENT, Check.SIGNATURE}, id="signature"),
        pytest.param(_of_kenichi("certificate"), {Check.SIGNATURE}, id="another certificate"),
        pytest.param(
            _of_kenichi("certificate", "signature"),
            {Check.SAME_CONSENT, Check.SIGNATURE},
            id="another's certificate and signature",
        ),
        pytest.param(
            _of_kenichi(),
            {Check.AGREEMENT, Check.SAME_CONSENT, Check.SIGNATURE},
            id="signature under another consent",
        ),
        pytest.param(
            _other_proof, {Check.RECEIPT, Check.SAME_CONSENT}, id="proof of another entry"
        ),
        pytest.param(_no_proof, UNPROVEN, id="no proof"),
        pytest.param(_unsigned, {Check.SAME_CONSENT}, id="signature left out"),
        pytest.param(_proof(_another_leaf), UNPROVEN, id="leaf of the log"),
        pytest.param(
            _proof(_hidden("statement_sha256")), {Check.SAME_CONSENT}, id="field left shut"
        ),
        pytest.param(_proof(_hidden("at")), UNPROVEN - {Check.ENTRY}, id="time left shut"),
        pytest.param(_cosigned(-MINUTE), {Check.WITNESS}, id="back-dated checkpoint"),
        pytest.param(_proof(_without_witness), {Check.WITNESS}, id="checkpoint nobody saw"),
        pytest.param(_listed(revoked=True), {Check.REVOCATION}, id="revoked at the time"),
        pytest.param(
            _listed(revoked=False, by=MINUTE), {Check.REVOCATION}, id="list of a later day"
        ),
        pytest.param(
            _listed(revoked=False, by=-crl.LIFETIME), {Check.REVOCATION}, id="list of before"
        ),
        pytest.param(_signature(revocationList=""), {Check.REVOCATION}, id="no list"),
        pytest.param(_signature(certificate=""), NO_CERTIFICATE, id="no certificate"),
    ],
)
def test_each_tampering_is_caught(
    world: World, kind: Kind, spoil: Callable[[Saved, World], Saved], caught: set[Check]
) -> None:
    assert _faults(spoil(world.saved(kind), world), world.trusted).keys() == caught


def _other_purpose(saved: Saved, world: World) -> Saved:
    challenge = saved["signature"]["challenge"] | {"purpose": "login"}
    return _signature(challenge=challenge)(saved, world)


def _other_nonce(saved: Saved, world: World) -> Saved:
    challenge = saved["signature"]["challenge"] | {"nonce": "A" * 43}
    return _signature(challenge=challenge)(saved, world)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(_other_purpose, id="a login"),
        pytest.param(_other_nonce, id="another challenge"),
        pytest.param(_signature(challenge=None), id="no challenge"),
    ],
)
def test_a_challenge_that_does_not_name_the_text_is_no_signature_under_it(
    world: World, spoil: Callable[[Saved, World], Saved]
) -> None:
    spoilt = spoil(world.saved(Kind.USER_AUTHENTICATION), world)
    assert _faults(spoilt, world.trusted).keys() == {Check.SIGNATURE}


def _other(**members: object) -> Callable[[Saved], None]:
    """Change what binds of an agreement."""
    return lambda said: said.update(members)


def _given(name: str, value: object) -> Callable[[Saved], None]:
    return lambda said: said["given"].update({name: value})


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_other(by="guardian"), id="by whom"),
        pytest.param(_other(asked=[]), id="what was asked"),
        pytest.param(_given("purpose", ["self-care", "広告のため", 1]), id="why"),
        pytest.param(
            _given("recipients", [["名簿屋", "JP", "recipient"]]), id="who receives it"
        ),
        pytest.param(_given("supervision", ["誰か", "", ""]), id="who supervises it"),
        pytest.param(_given("notice", ["9", "ja", ""]), id="on which page"),
        pytest.param(_given("actions", ["train_model", "view"]), id="what it does with it"),
        pytest.param(_given("onward_transfer", "any_notified"), id="whether it is passed on"),
        pytest.param(_given("usage", [1, 0]), id="how often"),
        pytest.param(_given("retention", [None, "keep_by_law", 1]), id="how long it is kept"),
        pytest.param(
            lambda said: said["given"]["rules"][0].update({"from": "1900-01-01"}), id="what"
        ),
    ],
)
def test_what_nobody_signed_is_held_by_the_ledger_in_each_point(
    world: World, change: Callable[[Saved], None]
) -> None:
    saved = deepcopy(world.unsigned)
    assert _faults(saved, world.trusted) == {}
    said = json.loads(saved["agreement"])
    change(said)
    at = datetime.fromtimestamp(saved["consentTimestamp"], UTC)
    text = canonical(said)
    spoilt = saved | {"agreement": text} | claims(text, saved["piiPrincipalId"], at)
    faults = _faults(spoilt, world.trusted)
    assert faults.keys() == {Check.SAME_CONSENT}
    assert "answer_sha256" in faults[Check.SAME_CONSENT]


def test_who_trusts_others_finds_nothing_good(world: World) -> None:
    saved = world.saved()
    stranger = authority.create(Kind.SIGNING, datetime(2025, 1, 1, tzinfo=UTC), token_bytes)
    anchors = [replace(world.trusted.anchors[0], certificate=stranger.certificate)]
    assert _faults(saved, replace(world.trusted, anchors=anchors)).keys() == NO_CERTIFICATE
    log = Signer(world.trusted.log.name, Ed25519PrivateKey.generate()).verifier
    assert _faults(saved, replace(world.trusted, log=log)).keys() == UNPROVEN


def test_who_names_no_witness_has_the_logs_word(world: World) -> None:
    assert _faults(world.saved(), replace(world.trusted, witnesses=())) == {}


def test_a_certificate_revoked_later_changes_nothing(portal: Portal) -> None:
    browser = sign(portal, Kind.SIGNING)
    log, state = Log(portal), portal.web.state
    log.witnessed()
    der = b64decode(receipt(browser, "signing")["signature"]["certificate"])
    serial, now = Leaf.parse(der).certificate.serial_number, state.clock.now()
    why = RevocationReason.KEY_COMPROMISE
    assert state.database.run(revoke, state.authority[Kind.SIGNING], serial, why, now)
    assert _faults(receipt(browser, "signing"), log.trusted) == {}


def test_the_entry_is_one_that_the_ledgers_own_verifier_proves(world: World) -> None:
    proof = Evidence.parse(world.saved()["ledger"]["proof"].encode())
    proven = evidence.judge(proof, world.trusted.log, world.trusted.witnesses)
    assert isinstance(proven, evidence.Proven)
    assert proven.leaf.type == "consent.granted"


@given(st.binary(max_size=40) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
@settings(deadline=None)
def test_what_is_no_receipt_is_refused_and_never_raises_otherwise(data: bytes) -> None:
    with pytest.raises(MalformedReceiptError):
        Receipt.parse(data)


# A receipt with NUL or half a surrogate pair in it is none.
_TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)


@given(text=_TEXTS | st.from_regex(r"\{[\"a-z:,\[\]0-9]*\}", fullmatch=True))
@settings(deadline=None, max_examples=50)
def test_any_text_is_judged(world: World, text: str) -> None:
    saved = world.saved() | {"agreement": text}
    assert Check.AGREEMENT in _faults(saved, world.trusted)


@pytest.mark.parametrize("member", ["v", "app", "given", "asked", "shown", "portal", "consent"])
def test_a_text_that_lacks_something_is_judged(world: World, member: str) -> None:
    saved = world.saved()
    said = json.loads(saved["agreement"])
    saved["agreement"] = canonical({name: one for name, one in said.items() if name != member})
    assert Check.AGREEMENT in _faults(saved, world.trusted)
