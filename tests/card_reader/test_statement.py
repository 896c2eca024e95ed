import json
from dataclasses import astuple
from hashlib import sha256
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from card_reader.statement import (
    Challenge,
    ConsentStatement,
    Statement,
    digest_info,
    session_hash,
)

VECTORS = Path(__file__).parents[1] / "vectors"
VECTOR = json.loads((VECTORS / "login-statement.json").read_text())
CONSENT = json.loads((VECTORS / "consent-statement.json").read_text())

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
statements = st.builds(Statement, *[text] * 8)


def test_the_published_vector_holds() -> None:
    statement = Statement(**VECTOR["fields"])
    assert statement.tbs().hex() == VECTOR["tbs_hex"]
    assert sha256(statement.tbs()).hexdigest() == VECTOR["sha256"]
    assert digest_info(statement.tbs()).hex() == VECTOR["digestinfo_hex"]


@given(statements, statements)
@settings(deadline=None)
def test_no_two_statements_share_their_bytes(one: Statement, other: Statement) -> None:
    assert (one.tbs() == other.tbs()) == (one == other)


@given(statements, st.integers(0, 6))
@settings(deadline=None)
def test_a_character_cannot_move_to_the_next_field(statement: Statement, index: int) -> None:
    fields = list(astuple(statement))
    moved = fields[index][-1:]
    fields[index : index + 2] = [fields[index][:-1], moved + fields[index + 1]]
    assert (Statement(*fields).tbs() == statement.tbs()) == (not moved)


def test_a_challenge_is_bound_to_the_certificate_that_answers_it() -> None:
    fields = dict(VECTOR["fields"])
    fields["cert_sha256"] = sha256(b"certificate").hexdigest()
    challenge = Challenge(**{name: fields[name] for name in Challenge.__dataclass_fields__})
    assert challenge.by(b"certificate") == Statement(**fields)


def test_a_session_is_bound_by_a_hash_under_its_own_prefix() -> None:
    assert session_hash("abc") == sha256(b"MYNA-SIM-SESS-v1\0abc").hexdigest()


def test_the_published_vector_of_a_consent_holds() -> None:
    statement = ConsentStatement(CONSENT["text"])
    assert statement.tbs().hex() == CONSENT["tbs_hex"]
    assert statement.sha256 == CONSENT["sha256"]
    assert digest_info(statement.tbs()).hex() == CONSENT["digestinfo_hex"]
    assert statement.purpose == CONSENT["purpose"]


@given(text, statements)
@settings(deadline=None)
def test_a_consent_shares_its_bytes_with_no_login(said: str, login: Statement) -> None:
    assert ConsentStatement(said).tbs() != login.tbs()
