"""What the genuineness check says of cards that somebody has tampered with."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from card_reader.client import genuine
from card_reader.client.genuine import Outcome, Step, Verdict
from card_reader.client.session import Session
from card_reader.client.text import Text
from card_reader.client.visual import Visual
from card_reader.emulator.contents import Contents
from card_reader.spec.text import TextEF, TextTag
from card_reader.spec.visual import VisualEF
from card_reader.tlv import encode
from tests.card_reader.client.conftest import Made
from tests.card_reader.printed import (
    BIRTH_KEY,
    NUMBER,
    TEXT_PIN,
    Issuer,
    Printed,
    forged,
    text_files,
    visual_files,
)

CHALLENGE = bytes(range(32))
Forge = Callable[[Contents, Issuer], Contents]


def judged_text(session: Session, root: RSAPublicKey | None) -> Verdict:
    text = Text(session)
    text.pin.verify(TEXT_PIN)
    return genuine.of_text(
        text, root, CHALLENGE, number=text.my_number(), attributes=text.attributes()
    )


def judged_face(session: Session, root: RSAPublicKey | None) -> Verdict:
    visual = Visual(session)
    visual.number_a.verify(NUMBER)
    return genuine.of_record(visual, visual.face().record, root, CHALLENGE)


def failing(verdict: Verdict) -> set[Step]:
    """The steps that fail; each says why."""
    failed = [it for it in verdict.findings if it.outcome is Outcome.FAILS]
    assert all(it.reason for it in failed)
    return {it.step for it in failed}


def with_text(ef: TextEF, printed: Printed) -> Forge:
    """One file as the same issuer would make it for another card."""

    def forge(held: Contents, issuer: Issuer) -> Contents:
        other = text_files(issuer, printed)
        return forged(held, {ef: other[ef]}, {})

    return forge


def with_altered(ef: int, old: bytes, new: bytes, visual: bool = False) -> Forge:
    """One file in which bytes were replaced by others of the same length."""

    def forge(held: Contents, _: Issuer) -> Contents:
        file = (held.visual if visual else held.text).files[ef]
        assert old in file
        changed = {ef: file.replace(old, new)}
        return forged(held, {}, changed) if visual else forged(held, changed, {})

    return forge


def with_other_signer(held: Contents, issuer: Issuer) -> Contents:
    """Everything signed again by a signer that certifies itself."""
    impostor = replace(issuer, root=issuer.card, signer=issuer.card)
    return forged(held, text_files(impostor, Printed()), visual_files(impostor, Printed()))


def with_other_records_signer(held: Contents, issuer: Issuer) -> Contents:
    """Records by somebody else under the certificate of the true signer."""
    impostor = replace(issuer, signer=issuer.card)
    keep = {TextEF.CERTIFICATE: held.text.files[TextEF.CERTIFICATE]}
    kept = {VisualEF.CERTIFICATE: held.visual.files[VisualEF.CERTIFICATE]}
    return forged(
        held,
        text_files(impostor, Printed()) | keep,
        visual_files(impostor, Printed()) | kept,
    )


def with_other_key(held: Contents, issuer: Issuer) -> Contents:
    """A copy: true files on a card that has a key of its own."""
    return replace(
        held,
        text=replace(held.text, key=issuer.signer),
        visual=replace(held.visual, key=issuer.signer),
    )


def with_file(ef: int, content: bytes, visual: bool = False) -> Forge:
    def forge(held: Contents, _: Issuer) -> Contents:
        return forged(held, {}, {ef: content}) if visual else forged(held, {ef: content}, {})

    return forge


EVERYTHING_SIGNED = {Step.ISSUER, Step.RECORD, Step.INTEGRITY}


@pytest.mark.parametrize(
    ("forge", "fails"),
    [
        pytest.param(
            with_text(TextEF.ATTRIBUTES, Printed(name="鈴木")), {Step.ATTRIBUTES}, id="name"
        ),
        pytest.param(
            with_text(TextEF.ATTRIBUTES, Printed(address="x")), {Step.ATTRIBUTES}, id="address"
        ),
        pytest.param(
            with_altered(TextEF.MY_NUMBER, NUMBER.encode(), b"1" * 12),
            {Step.MY_NUMBER},
            id="number",
        ),
        pytest.param(
            with_file(TextEF.MY_NUMBER, encode(TextTag.MY_NUMBER, NUMBER.encode()) + b"\0\0"),
            {Step.MY_NUMBER},
            id="filler of the number's file",
        ),
        pytest.param(
            with_file(TextEF.INTEGRITY, encode(0xFF30, b"")),
            {Step.INTEGRITY, Step.MY_NUMBER, Step.ATTRIBUTES},
            id="no digests",
        ),
        pytest.param(with_other_signer, {Step.ISSUER}, id="another signer"),
        pytest.param(
            with_other_records_signer,
            {Step.RECORD, Step.INTEGRITY},
            id="not the signer's own records",
        ),
        pytest.param(with_other_key, {Step.POSSESSION}, id="a copy on another card"),
        pytest.param(
            with_file(TextEF.SIGNED_KEY, b""),
            {Step.RECORD, Step.POSSESSION},
            id="no record of the key",
        ),
        pytest.param(
            with_file(TextEF.CERTIFICATE, encode(0x7F21, b"\x5f")),
            EVERYTHING_SIGNED,
            id="no certificate",
        ),
    ],
)
def test_each_forgery_of_the_text_fails_at_its_step(
    made: Made, printed: Contents, issuer: Issuer, forge: Forge, fails: set[Step]
) -> None:
    verdict = judged_text(made(forge(printed, issuer)), issuer.root.public_key())
    assert failing(verdict) == fails
    assert verdict.genuine is False


@pytest.mark.parametrize(
    ("forge", "fails"),
    [
        pytest.param(
            with_altered(VisualEF.FACE, b"PNG name", b"PNG\0name", visual=True),
            {Step.RECORD},
            id="image of the name",
        ),
        pytest.param(
            with_altered(VisualEF.FACE, b"PNG address", b"PNG addres5", visual=True),
            {Step.RECORD},
            id="image of the address",
        ),
        pytest.param(
            with_altered(VisualEF.FACE, bytes(range(64)), bytes(64), visual=True),
            {Step.RECORD},
            id="portrait",
        ),
        pytest.param(
            with_altered(VisualEF.FACE, b"\xdf\x23\x012", b"\xdf\x23\x011", visual=True),
            {Step.RECORD},
            id="sex",
        ),
        pytest.param(
            with_altered(VisualEF.FACE, b"19800217", b"19900217", visual=True),
            {Step.RECORD},
            id="birth",
        ),
        pytest.param(with_other_signer, {Step.ISSUER}, id="another signer"),
        pytest.param(with_other_records_signer, {Step.RECORD}, id="not the signer's records"),
        pytest.param(with_other_key, {Step.POSSESSION}, id="a copy on another card"),
        pytest.param(
            with_file(VisualEF.CERTIFICATE, b"", visual=True),
            {Step.ISSUER, Step.RECORD},
            id="no certificate",
        ),
    ],
)
def test_each_forgery_of_the_face_fails_at_its_step(
    made: Made, printed: Contents, issuer: Issuer, forge: Forge, fails: set[Step]
) -> None:
    verdict = judged_face(made(forge(printed, issuer)), issuer.root.public_key())
    assert failing(verdict) == fails
    assert verdict.genuine is False


def test_a_genuine_card_passes_every_step(conversation: Session, issuer: Issuer) -> None:
    root = issuer.root.public_key()
    for verdict, steps in (
        (judged_text(conversation, root), 6),
        (judged_face(conversation, root), 3),
    ):
        assert {it.outcome for it in verdict.findings} == {Outcome.HOLDS}
        assert (verdict.genuine, len(verdict.findings)) == (True, steps)


def test_the_other_records_of_the_face_are_judged_likewise(
    conversation: Session, issuer: Issuer
) -> None:
    visual, root = Visual(conversation), issuer.root.public_key()
    visual.number_a.verify(NUMBER)
    visual.birth_key.verify(BIRTH_KEY)
    birth, image = visual.birth().record, visual.my_number_image().record
    for record in (birth, image):
        assert genuine.of_record(visual, record, root, CHALLENGE).genuine
    crossed = replace(birth, digest_info=image.digest_info)
    assert failing(genuine.of_record(visual, crossed, root, CHALLENGE)) == {Step.RECORD}


def test_the_day_of_expiry_and_the_security_code_are_not_signed(
    made: Made, printed: Contents, issuer: Issuer
) -> None:
    forge = with_altered(VisualEF.FACE, b"20350217", b"20990217", visual=True)
    assert judged_face(made(forge(printed, issuer)), issuer.root.public_key()).genuine


def test_under_another_root_only_the_issuer_fails(
    conversation: Session, issuer: Issuer
) -> None:
    other = issuer.card.public_key()
    assert failing(judged_text(conversation, other)) == {Step.ISSUER}
    assert failing(judged_face(conversation, other)) == {Step.ISSUER}


def test_without_a_root_nothing_is_called_genuine(conversation: Session) -> None:
    for verdict in (judged_text(conversation, None), judged_face(conversation, None)):
        assert (verdict.genuine, failing(verdict)) == (None, set())


def test_without_a_root_a_copy_is_still_found(
    made: Made, printed: Contents, issuer: Issuer
) -> None:
    assert judged_text(made(with_other_key(printed, issuer)), None).genuine is False


def test_what_was_not_read_is_not_checked(conversation: Session, issuer: Issuer) -> None:
    text = Text(conversation)
    text.pin.verify(TEXT_PIN)
    root = issuer.root.public_key()
    verdict = genuine.of_text(text, root, CHALLENGE, number=None, attributes=None)
    unchecked = {it.step for it in verdict.findings if it.outcome is Outcome.NOT_CHECKED}
    assert unchecked == {Step.MY_NUMBER, Step.ATTRIBUTES}
    assert verdict.genuine


def test_files_that_are_closed_make_a_verdict_no_error(
    conversation: Session, issuer: Issuer
) -> None:
    root = issuer.root.public_key()
    verdict = genuine.of_text(Text(conversation), root, CHALLENGE, number=None, attributes=None)
    assert {Step.RECORD, Step.POSSESSION, Step.INTEGRITY} <= failing(verdict)


def test_an_answer_to_another_challenge_proves_nothing(
    conversation: Session, issuer: Issuer
) -> None:
    """A card that replays what it signed for an earlier challenge."""
    visual = Visual(conversation)
    visual.number_a.verify(NUMBER)
    root = issuer.root.public_key()

    class Replaying:
        certificate = staticmethod(visual.certificate)
        first = visual.sign(b"\x30" * 51)

        def sign(self, _digest_info: bytes) -> bytes:
            return self.first

    verdict = genuine.of_record(Replaying(), visual.face().record, root, CHALLENGE)
    assert failing(verdict) == {Step.POSSESSION}
