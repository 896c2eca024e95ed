"""Login by a card over HTTP: the named cases that meet in a whole login."""

from base64 import urlsafe_b64decode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from hashlib import sha1, sha256
from os import urandom
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_der_x509_certificate

from card_reader.emulator.personalise import write_card
from card_reader.spec import CardKind, Kind
from card_reader.statement import Challenge, session_hash
from mynaportal_sim.issuing.keys import new_keys
from mynaportal_sim.issuing.register import register
from mynaportal_sim.login import challenge as challenges
from mynaportal_sim.login.challenge import Channel, Wanted
from mynaportal_sim.login.checks import Bearer, Presented
from mynaportal_sim.login.limit import RateLimit
from mynaportal_sim.login.refusal import STATUS, Code
from mynaportal_sim.login.service import Accepted, log_in
from mynaportal_sim.login.token import LoginToken
from mynaportal_sim.pki import authority
from mynaportal_sim.pki import refusal as pki
from mynaportal_sim.pki.model import RevocationReason
from mynaportal_sim.pki.service import revoke
from tests.mynaportal_sim.login.conftest import ORIGIN, Portal

HANAKO = "sato-hanako"
DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
DIGEST_INFO_NO_NULL = bytes.fromhex("302f300b0609608648016503040201" + "0420")
DIGEST_INFO_SHA1 = bytes.fromhex("3021300906052b0e03021a05000414")


def refused(answer: Any, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def key_of(portal: Portal, kind: Kind) -> RSAPrivateKey:
    key = portal.issuer.keys[HANAKO][kind]
    assert isinstance(key, RSAPrivateKey)
    return key


def raw_signature(portal: Portal, block: bytes) -> bytes:
    """The private key's operation on a block of 256 bytes, with no padding of ours."""
    numbers = key_of(portal, Kind.USER_AUTHENTICATION).private_numbers()
    n = numbers.public_numbers.n
    return pow(int.from_bytes(block, "big"), numbers.d, n).to_bytes(256, "big")


def padded(message: bytes) -> bytes:
    return b"\x00\x01" + b"\xff" * (253 - len(message)) + b"\x00" + message


def tbs_of(challenge: dict[str, Any], token: LoginToken) -> bytes:
    fields = {name: challenge[name] for name in Challenge.__slots__}
    return Challenge(**fields).by(token.certificate).tbs()


def test_a_card_lets_its_person_in(portal: Portal) -> None:
    browser = portal.browser()
    challenge = browser.challenge(interaction="abc-123")
    answer = browser.present(portal.sign(challenge))
    assert (answer.status_code, answer.json()) == (200, {"interaction": "abc-123"})
    assert answer.headers["cache-control"] == "no-store"
    person = browser.get("/me").json()
    assert person["resident_id"] == portal.id_of(HANAKO)
    assert person["acr"] == "urn:mynasim:acr:jpki-user-authentication"
    assert person["amr"] == ["sc", "pin"]


def test_a_challenge_says_what_will_be_signed(portal: Portal) -> None:
    challenge = portal.browser().challenge()
    assert challenge["v"] == 1
    assert challenge["origin"] == ORIGIN
    assert challenge["channel"] == "agent"
    assert challenge["purpose"] == "login"
    assert challenge["issued_at"] == "2026-11-23T06:00:00Z"
    assert challenge["expires_at"] == "2026-11-23T06:02:00Z"
    assert len(challenge["nonce"]) == 43
    assert len(challenge["login_id"]) == 26
    assert challenge["display"]["service"]
    assert challenge != portal.browser().challenge()


def test_l1_a_token_serves_once(portal: Portal) -> None:
    browser = portal.browser()
    before = browser.session_id
    token = portal.sign(browser.challenge())
    assert browser.present(token).status_code == 200
    browser.session_id = before
    refused(browser.present(token), 409, "nonce_replayed")


def test_l2_of_20_parallel_posts_one_succeeds(portal: Portal) -> None:
    browser = portal.browser()
    session_id = browser.session_id
    token = portal.sign(browser.challenge())
    presented = Presented(token, Bearer.of(session_id), Channel.AGENT)

    def attempt(_: int) -> object:
        now = portal.clock.now()
        return portal.database.run(log_in, presented, session_id, portal.trust, now, urandom)

    with ThreadPoolExecutor(20) as threads:
        outcomes = list(threads.map(attempt, range(20)))
    assert sum(isinstance(outcome, Accepted) for outcome in outcomes) == 1
    types = [kind for kind, _ in portal.entries()]
    assert (types.count("login.accepted"), types.count("login.refused")) == (1, 19)


def test_l3_a_failed_attempt_uses_the_challenge_up(portal: Portal) -> None:
    browser = portal.browser()
    token = portal.sign(browser.challenge())
    refused(browser.present(replace(token, signature=bytes(256))), 401, "signature_invalid")
    refused(browser.present(token), 409, "nonce_replayed")
    assert browser.who() is None


@pytest.mark.parametrize(
    ("late", "status"),
    [
        pytest.param(timedelta(seconds=120), 200, id="L4 at expires_at"),
        pytest.param(timedelta(seconds=121), 410, id="L4 at expires_at + 1 s"),
    ],
)
def test_a_challenge_lives_120_seconds(portal: Portal, late: timedelta, status: int) -> None:
    browser = portal.browser()
    token = portal.sign(browser.challenge())
    portal.clock.time += late
    assert browser.present(token).status_code == status


def test_l5_another_browsers_token_is_refused_and_stays_good(portal: Portal) -> None:
    browser, other = portal.browser(), portal.browser()
    token = portal.sign(browser.challenge())
    refused(other.present(token), 403, "session_mismatch")
    unknown = replace(token, login_id="0" * 26)
    refused(other.present(unknown), 404, "login_not_found")
    assert other.present(token).json()["title"] == other.present(unknown).json()["title"]
    assert browser.present(token).status_code == 200


def test_l6_the_session_id_changes_and_the_old_cookie_is_dead(portal: Portal) -> None:
    browser = portal.browser()
    before, csrf = browser.session_id, browser.csrf
    assert browser.present(portal.sign(browser.challenge())).status_code == 200
    after = browser.session_id
    assert after != before
    assert browser.get("/me").json()["csrf"] != csrf
    browser.session_id = before
    refused(browser.get("/me"), 401, "login_required")
    refused(
        browser.post("/auth/card/challenges", json={"channel": "agent"}), 401, "session_ended"
    )


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"X-CSRF-Token": ""}, id="L7 no token"),
        pytest.param({"X-CSRF-Token": "0" * 64}, id="L7 wrong token"),
        pytest.param({"Origin": "https://evil.example"}, id="L7 other Origin"),
        pytest.param({"Origin": "null"}, id="L7 Origin null"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="L7 cross-site"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, id="L7 same-site"),
    ],
)
def test_a_post_from_another_site_leaves_the_challenge_unused(
    portal: Portal, headers: dict[str, str]
) -> None:
    browser = portal.browser()
    token = portal.sign(browser.challenge())
    forged = browser.post("/auth/card/logins", headers=headers, content=token.to_json())
    refused(forged, 403, "csrf_failed")
    assert browser.present(token).status_code == 200


def test_l7_a_post_without_a_cookie_is_nobodys(portal: Portal) -> None:
    browser = portal.browser()
    token, own = portal.sign(browser.challenge()), browser.session_id
    browser.session_id = ""
    refused(browser.present(token), 403, "csrf_failed")
    browser.session_id = own
    assert browser.present(token).status_code == 200


def test_a_form_under_no_referrer_may_say_origin_null(portal: Portal) -> None:
    browser = portal.browser()
    own = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    answer = browser.post("/auth/card/challenges", headers=own, json={"channel": "agent"})
    assert answer.status_code == 201


def test_l8_a_challenge_signed_under_another_origin_is_refused(portal: Portal) -> None:
    browser = portal.browser()
    token = portal.sign(browser.challenge() | {"origin": "https://evil.example"})
    refused(browser.present(token), 403, "origin_mismatch")


def test_l9_and_a_forged_echo_of_the_origin_does_not_help(portal: Portal) -> None:
    browser = portal.browser()
    token = portal.sign(browser.challenge() | {"origin": "https://evil.example"})
    refused(browser.present(replace(token, origin=ORIGIN)), 401, "signature_invalid")


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"purpose": "consent:" + "0" * 64}, id="L10 purpose"),
        pytest.param({"nonce": "A" * 43}, id="L15 nonce"),
        pytest.param({"session_hash": "0" * 64}, id="L15 session_hash"),
        pytest.param({"channel": "soft"}, id="L15 channel"),
        pytest.param({"issued_at": "2026-11-23T06:00:01Z"}, id="L15 issued_at"),
    ],
)
def test_a_statement_with_a_changed_field_is_not_the_portals(
    portal: Portal, changed: dict[str, str]
) -> None:
    browser = portal.browser()
    token = portal.sign(browser.challenge() | changed)
    refused(browser.present(token), 401, "signature_invalid")


def test_l15_nor_is_one_with_another_login_id(portal: Portal) -> None:
    browser = portal.browser()
    challenge = browser.challenge()
    token = portal.sign(challenge | {"login_id": "0" * 26})
    answer = browser.present(replace(token, login_id=challenge["login_id"]))
    refused(answer, 401, "signature_invalid")


@pytest.mark.parametrize("channel", [Channel.QR, Channel.SOFT])
def test_l11_a_challenge_for_another_channel_is_refused(
    portal: Portal, channel: Channel
) -> None:
    browser = portal.browser()
    wanted = Wanted(ORIGIN, session_hash(browser.session_id), channel)
    challenge = portal.database.run(challenges.issue, wanted, portal.clock.now(), urandom)
    refused(browser.present(portal.sign(challenge.as_json())), 409, "channel_mismatch")


def test_a_consent_that_was_signed_logs_nobody_in(portal: Portal) -> None:
    browser = portal.browser()
    bound, purpose = session_hash(browser.session_id), "consent:" + "0" * 64
    wanted = Wanted(ORIGIN, bound, Channel.AGENT, purpose=purpose)
    challenge = portal.database.run(challenges.issue, wanted, portal.clock.now(), urandom)
    refused(browser.present(portal.sign(challenge.as_json())), 409, "purpose_mismatch")


def decoded_nonce(challenge: dict[str, Any], token: LoginToken) -> bytes:
    text = challenge["nonce"].encode()
    return tbs_of(challenge, token).replace(
        (43).to_bytes(4, "big") + text, (32).to_bytes(4, "big") + urlsafe_b64decode(text + b"=")
    )


def web_eid(challenge: dict[str, Any], _token: LoginToken) -> bytes:
    parts = (challenge["origin"].encode(), challenge["nonce"].encode())
    return b"".join(sha256(part).digest() for part in parts)


def bare_nonce(challenge: dict[str, Any], _token: LoginToken) -> bytes:
    nonce: str = challenge["nonce"]
    return nonce.encode()


def without_prefix(challenge: dict[str, Any], token: LoginToken) -> bytes:
    return tbs_of(challenge, token).removeprefix(b"MYNA-SIM-LOGIN-v1\0")


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(web_eid, id="L12 web-eid style"),
        pytest.param(bare_nonce, id="L12 bare nonce"),
        pytest.param(without_prefix, id="L12 no prefix"),
        pytest.param(decoded_nonce, id="L14 nonce decoded"),
    ],
)
def test_a_signature_over_other_bytes_is_invalid(
    portal: Portal, message: Callable[[dict[str, Any], LoginToken], bytes]
) -> None:
    browser = portal.browser()
    challenge = browser.challenge()
    token = portal.sign(challenge)
    key = key_of(portal, Kind.USER_AUTHENTICATION)
    assert token.signature == key.sign(tbs_of(challenge, token), PKCS1v15(), SHA256())
    signature = key.sign(message(challenge, token), PKCS1v15(), SHA256())
    refused(browser.present(replace(token, signature=signature)), 401, "signature_invalid")


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(lambda tbs: padded(sha256(tbs).digest()), id="L16 bare hash"),
        pytest.param(
            lambda tbs: padded(DIGEST_INFO_NO_NULL + sha256(tbs).digest()),
            id="L16 no NULL",
        ),
        pytest.param(
            lambda tbs: padded(DIGEST_INFO_SHA1 + sha1(tbs).digest()),  # noqa: S324
            id="L16 SHA-1",
        ),
        pytest.param(
            lambda tbs: padded(DIGEST_INFO + sha256(sha256(tbs).digest()).digest()),
            id="L16 hashed twice",
        ),
        pytest.param(
            lambda tbs: (
                b"\x00\x01" + b"\xff" * 8 + b"\x00" + DIGEST_INFO + sha256(tbs).digest()
            ).ljust(256, b"\x41"),
            id="L16 short padding and garbage",
        ),
    ],
)
def test_a_block_of_another_form_is_no_signature(
    portal: Portal, block: Callable[[bytes], bytes]
) -> None:
    browser = portal.browser()
    challenge = browser.challenge()
    token = portal.sign(challenge)
    tbs = tbs_of(challenge, token)
    assert token.signature == raw_signature(portal, padded(DIGEST_INFO + sha256(tbs).digest()))
    signature = raw_signature(portal, block(tbs))
    refused(browser.present(replace(token, signature=signature)), 401, "signature_invalid")


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda signed: signed[:-1] + bytes((signed[-1] ^ 1,)), id="L16 bit flip"),
        pytest.param(lambda signed: signed[1:], id="L16 255 bytes"),
        pytest.param(lambda signed: b"\x00" + signed, id="L16 257 bytes"),
        pytest.param(lambda _: b"", id="L16 no bytes"),
    ],
)
def test_a_spoilt_signature_is_invalid(portal: Portal, spoil: Callable[[bytes], bytes]) -> None:
    browser = portal.browser()
    token = portal.sign(browser.challenge())
    spoilt = replace(token, signature=spoil(token.signature))
    refused(browser.present(spoilt), 401, "signature_invalid")


@pytest.mark.parametrize(
    ("kind", "algorithm", "other"),
    [
        pytest.param(CardKind.PHONE, "RS256", "ES384", id="phone"),
        pytest.param(CardKind.NEXT, "ES384", "RS256", id="V12 next card, hypothetical"),
    ],
)
def test_each_family_signs_by_its_own_algorithm(
    portal: Portal, kind: CardKind, algorithm: str, other: str
) -> None:
    resident, now = portal.residents[HANAKO], portal.clock.now()
    [keys] = new_keys(1, kind)
    data = portal.counter.make(resident, keys, now, kind)
    portal.database.run(register, portal.issuer.authorities, [(resident, data)], now)
    write_card(portal.cards / f"{HANAKO}.json", data)
    browser = portal.browser()
    token = portal.sign(browser.challenge())
    assert token.algorithm == algorithm
    refused(browser.present(replace(token, algorithm=other)), 400, "alg_not_allowed")
    assert browser.present(portal.sign(browser.challenge())).status_code == 200
    assert browser.who() == portal.id_of(HANAKO)


def test_v1_a_certificate_of_other_authorities_is_untrusted(
    portal: Portal, tmp_path: Path
) -> None:
    others = authority.ensure(tmp_path / "ca", portal.clock.now(), urandom)
    browser = portal.browser()
    token = portal.sign(browser.challenge())
    made = replace(portal.counter, authorities=others).make(
        portal.residents[HANAKO], portal.issuer.keys[HANAKO], portal.clock.now()
    )
    foreign = replace(token, certificate=made.auth_certificate)
    refused(browser.present(foreign), 401, "cert_untrusted")


def test_v5_an_expired_card_is_refused(portal: Portal) -> None:
    browser = portal.browser()
    token = portal.sign(browser.challenge(), "yamamoto-daisuke")
    refused(browser.present(token), 401, "cert_expired")


def test_v8_the_certificate_for_signatures_lets_nobody_in(portal: Portal) -> None:
    browser = portal.browser()
    challenge = browser.challenge()
    signing = portal.data(HANAKO)
    assert signing.signing_certificate is not None
    token = replace(portal.sign(challenge), certificate=signing.signing_certificate)
    key = key_of(portal, Kind.SIGNING)
    signed = replace(token, signature=key.sign(tbs_of(challenge, token), PKCS1v15(), SHA256()))
    refused(browser.present(signed), 401, "cert_wrong_purpose")


@pytest.mark.parametrize(
    "certificate",
    [
        pytest.param(lambda der: der + b"\x00", id="V13 trailing byte"),
        pytest.param(lambda _: b"-----BEGIN CERTIFICATE-----", id="V13 PEM"),
        pytest.param(lambda _: b"", id="V13 nothing"),
    ],
)
def test_what_is_no_der_certificate_is_malformed(
    portal: Portal, certificate: Callable[[bytes], bytes]
) -> None:
    browser = portal.browser()
    token = portal.sign(browser.challenge())
    spoilt = replace(token, certificate=certificate(token.certificate))
    refused(browser.present(spoilt), 400, "cert_malformed")


def test_v14_another_persons_certificate_does_not_fit_the_signature(portal: Portal) -> None:
    browser = portal.browser()
    token = portal.sign(browser.challenge())
    other = portal.sign(portal.browser().challenge(), "suzuki-kenichi")
    swapped = replace(token, certificate=other.certificate)
    refused(browser.present(swapped), 401, "signature_invalid")


def test_v15_nor_does_a_second_certificate_of_the_same_key(portal: Portal) -> None:
    browser = portal.browser()
    token = portal.sign(browser.challenge())
    again = portal.data(HANAKO)
    cards = [(portal.residents[HANAKO], again)]
    portal.database.run(register, portal.issuer.authorities, cards, portal.clock.now())
    assert again.auth_certificate != token.certificate
    recertified = replace(token, certificate=again.auth_certificate)
    refused(browser.present(recertified), 401, "signature_invalid")


def test_v17_a_certificate_that_no_register_knows_has_no_account(portal: Portal) -> None:
    write_card(portal.cards / f"{HANAKO}.json", portal.data(HANAKO))
    browser = portal.browser()
    refused(browser.present(portal.sign(browser.challenge())), 403, "account_not_linked")


def test_v17_a_renewed_card_lets_in_once_it_replaces_the_old_one(portal: Portal) -> None:
    """The person is the same; the old certificate is revoked with that."""
    old, new = portal.sign(portal.browser().challenge()), portal.data(HANAKO)
    replaced = load_der_x509_certificate(old.certificate).serial_number
    issuing = portal.issuer.authorities[Kind.USER_AUTHENTICATION]
    revoked = (issuing, replaced, RevocationReason.SUPERSEDED, portal.clock.now())
    before = portal.browser()
    signed_by_the_old = portal.sign(before.challenge())
    cards = [(portal.residents[HANAKO], new)]
    portal.database.run(register, portal.issuer.authorities, cards, portal.clock.now())
    assert portal.database.run(revoke, *revoked)
    refused(before.present(signed_by_the_old), 401, "cert_revoked")
    write_card(portal.cards / f"{HANAKO}.json", new)
    after = portal.browser()
    assert after.present(portal.sign(after.challenge())).status_code == 200
    assert after.who() == portal.id_of(HANAKO)


def test_r1_a_revoked_card_is_refused(portal: Portal) -> None:
    browser = portal.browser()
    token = portal.sign(browser.challenge(), "nakamura-naoki")
    refused(browser.present(token), 401, "cert_revoked")


def test_r9_a_card_that_is_revoked_during_a_session_steps_nobody_up(portal: Portal) -> None:
    browser = portal.browser()
    assert browser.present(portal.sign(browser.challenge())).status_code == 200
    browser.open()
    issuing = portal.issuer.authorities[Kind.USER_AUTHENTICATION]
    token = portal.sign(browser.challenge())
    serial = load_der_x509_certificate(token.certificate).serial_number
    reason = RevocationReason.KEY_COMPROMISE
    assert portal.database.run(revoke, issuing, serial, reason, portal.clock.now())
    refused(browser.present(token), 401, "cert_revoked")


def test_a_login_works_long_after_the_last_revocation_list(portal: Portal) -> None:
    portal.clock.time += timedelta(days=30)
    browser = portal.browser()
    assert browser.present(portal.sign(browser.challenge())).status_code == 200


def test_r8_who_cannot_sign_is_not_told_of_a_revocation(portal: Portal) -> None:
    browser = portal.browser()
    token = portal.sign(browser.challenge(), "nakamura-naoki")
    spoilt = replace(token, signature=bytes(256))
    refused(browser.present(spoilt), 401, "signature_invalid")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{}", id="no channel"),
        pytest.param(b'{"channel":"soft"}', id="channel soft"),
        pytest.param(b'{"channel":"agent","channel":"agent"}', id="duplicate key"),
        pytest.param(b'{"channel":"agent","purpose":"consent:0"}', id="unknown field"),
        pytest.param(b'{"channel":"agent","interaction":"../x"}', id="no id as interaction"),
        pytest.param(b"[" * 20_000, id="too long"),
    ],
)
def test_a_malformed_request_for_a_challenge_is_refused(portal: Portal, body: bytes) -> None:
    answer = portal.browser().post("/auth/card/challenges", content=body)
    refused(answer, 400, "request_malformed")


def test_l17_a_malformed_token_is_refused_over_http(portal: Portal) -> None:
    browser = portal.browser()
    token = portal.sign(browser.challenge())
    refused(browser.present(b"[" * 20_000), 400, "token_malformed")
    assert browser.present(token).status_code == 200


def test_every_attempt_is_in_the_ledger_and_names_no_serial(portal: Portal) -> None:
    browser = portal.browser()
    token = portal.sign(browser.challenge())
    serial = load_der_x509_certificate(token.certificate).serial_number
    reference = browser.present(b"").json()["reference"]
    assert browser.present(token).status_code == 200
    browser.open()
    browser.present(portal.sign(browser.challenge(), "nakamura-naoki"))
    (first, malformed), (second, accepted), (third, revoked) = portal.entries()
    assert (first, second, third) == ("login.refused", "login.accepted", "login.refused")
    assert malformed["reason"] == "token_malformed"
    assert malformed["reference"] == reference
    assert "holder" not in malformed
    assert accepted["channel"] == "agent"
    assert accepted["holder"] != revoked["holder"]
    assert revoked["reason"] == "cert_revoked"
    for text in (str(serial), f"{serial:x}"):
        assert text not in str(accepted)


def test_too_many_attempts_are_slowed_down(portal: Portal) -> None:
    browser = portal.browser()
    portal.app.state.login_limit = RateLimit(burst=2, per_second=0.1)
    assert [browser.present(b"").status_code for _ in range(3)] == [400, 400, 429]
    slowed = browser.present(b"")
    refused(slowed, 429, "rate_limited")
    assert slowed.headers["retry-after"] == "10"
    portal.clock.time += timedelta(seconds=10)
    refused(browser.present(b""), 400, "token_malformed")


def test_every_refusal_has_a_status_also_those_of_certificates() -> None:
    assert STATUS.keys() == set(Code)
    assert {code.value for code in pki.Code} <= {code.value for code in Code}
