"""What may be registered, and what an app becomes in the store."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from secrets import token_bytes
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine

from consent.ledger import store as ledger
from consent.ledger.entry import read_body, read_leaf
from consent.model import Recipient, Relation
from mynaportal_sim.apps import service, store
from mynaportal_sim.apps.errors import (
    DeclaredMeanwhileError,
    NoSuchAppError,
    PrivateKeyGivenError,
    RegistrationError,
)
from mynaportal_sim.apps.model import App, DeclaredVersion
from mynaportal_sim.apps.recipient_keys import KEYED_MAX, with_keys
from mynaportal_sim.apps.registration import (
    Registration,
    check,
    new_client_id,
    parse_jwks,
    recipient_of,
)
from mynaportal_sim.apps.service import Declaration
from mynaportal_sim.delivery.reach import Reach, is_public
from mynaportal_sim.jose import b64url
from mynaportal_sim.pseudonyms import Pseudonyms
from tests.mynaportal_sim.delivery.kit import Names

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
SCOPES = ("openid", "patient/Observation.rs", "system/Patient.rs")


def jwk(**more: str) -> dict[str, str]:
    point = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
    x, y = (b64url(part.to_bytes(32, "big")) for part in (point.x, point.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y, **more}


def jwks(*keys: object) -> str:
    return json.dumps({"keys": keys})


WANTED = Registration(
    name="健康ノート",
    organisation="健康ノート株式会社",
    redirect_uris=("https://app.example/cb",),
    jwks=jwks(jwk()),
    scopes=SCOPES[:2],
    profile="fapi2",
    supervisor="個人情報保護責任者 田中一郎",
    purpose="self-care",
    purpose_text="健診結果の推移を見るため",
)


def checked(**changed: object) -> App:
    wanted = replace(WANTED, **changed)  # type: ignore[arg-type]  # tests name real fields
    return check(wanted, new_client_id(token_bytes), SCOPES, ("self-care",), NOW)


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example/cb",
        "https://app.example:8443/cb?tenant=1",
        "http://127.0.0.1:9000/cb",
        "http://[::1]:9000/cb",
        "http://localhost/cb",
    ],
)
def test_redirect_uris_that_may_be_registered(uri: str) -> None:
    app = checked(redirect_uris=(uri,), post_logout_redirect_uris=(uri,))
    assert app.redirect_uris == app.post_logout_redirect_uris == (uri,)


@pytest.mark.parametrize(
    "uri",
    [
        pytest.param("http://app.example/cb", id="http"),
        pytest.param("https://app.example/cb#", id="oidcc-redirect-uri-regfrag"),
        pytest.param("https://user@app.example/cb", id="user name"),
        pytest.param("https:///cb", id="no host"),
        pytest.param("/cb", id="relative"),
        pytest.param("app:/cb", id="own scheme"),
        pytest.param("javascript:alert(1)", id="script"),
        pytest.param("https://app.example/cb\r\nX: y", id="CRLF"),
        pytest.param("https://app.example/%zz", id="bad escape"),
        pytest.param("https://[::1", id="half an address"),
        pytest.param("https://app.example:port/cb", id="port"),
        pytest.param("http://127.0.0.1.evil.example/cb", id="nearly loopback"),
        pytest.param("https://app.example/" + "a" * 1000, id="endless"),
    ],
)
def test_redirect_uris_that_may_not(uri: str) -> None:
    for changed, field in (
        ({"redirect_uris": (uri,)}, "redirect URI"),
        ({"post_logout_redirect_uris": (uri,)}, "post-logout redirect URI"),
        ({"backchannel_logout_uri": uri}, "back-channel logout URI"),
    ):
        with pytest.raises(RegistrationError) as failure:
            checked(**changed)
        assert failure.value.field == field


@pytest.mark.parametrize(
    ("leads_to", "fault"),
    [
        pytest.param(["93.184.215.14"], None, id="public"),
        pytest.param(["10.0.0.1"], "10.0.0.1, which is no public address", id="private"),
        pytest.param(["93.184.215.14", "::1"], "::1, which is no public", id="one of two"),
        pytest.param([], "has no address", id="unknown"),
    ],
)
@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("event_endpoint", "event endpoint"),
        ("backchannel_logout_uri", "back-channel logout URI"),
    ],
)
def test_what_is_sent_to_is_within_reach_where_that_is_bounded(
    leads_to: list[str], fault: str | None, name: str, field: str
) -> None:
    wanted = replace(WANTED, **{name: "https://app.example/x"})  # type: ignore[arg-type]
    names = Names([leads_to])
    known = (new_client_id(token_bytes), SCOPES, ("self-care",), NOW)
    if fault is None:
        assert getattr(check(wanted, *known, Reach(names, is_public)), name)
        return
    assert getattr(check(wanted, *known), name)
    with pytest.raises(RegistrationError, match=fault) as failure:
        check(wanted, *known, Reach(names, is_public))
    assert failure.value.field == field
    assert names.asked == ["app.example"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("健診結果の表示その他の目的のため", "その他", id="sonota"),
        pytest.param("健診結果や薬剤情報などを分析するため", "など", id="nado"),
        pytest.param("健診結果の表示等のため", "等", id="to"),
        pytest.param("当社サービスの向上のため", "サービスの向上のため", id="better service"),
        pytest.param("業務上必要な範囲で利用するため", "必要な範囲", id="as needed"),
        pytest.param("to draw graphs, etc.", "etc.", id="etc"),
        pytest.param("to draw graphs and so on", "and so on", id="and so on"),
        pytest.param("for any purpose", "any purpose", id="any purpose"),
        pytest.param("To improve our services.", "To improve our services.", id="services"),
    ],
)
def test_a_purpose_that_could_be_anything_is_refused_with_the_words(
    text: str, words: str
) -> None:
    with pytest.raises(RegistrationError, match="purpose text") as failure:
        checked(purpose_text=text)
    assert f"“{words}”" in str(failure.value)


@pytest.mark.parametrize(
    "text",
    [
        "高等学校の健康診断の結果を保護者に表示するため",
        "男女平等に体力の平均を比べるため",
        "等級の変化をお知らせするため",
        "中等度以上の運動を提案するため",
        "to show you your check-ups and draw how they change",
        "健診結果の推移をグラフで表示し、健康づくりに役立てるため",
    ],
)
def test_words_that_only_look_vague_may_stand(text: str) -> None:
    assert checked(purpose_text=text).purpose.text == text


def test_the_parts_of_a_japanese_name_may_stand_apart() -> None:
    assert checked(supervisor="田中\u3000一郎").supervisor == "田中\u3000一郎"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        pytest.param({"name": " "}, "name", id="no name"),
        pytest.param({"name": "\u202e帳"}, "name", id="text direction"),
        pytest.param({"supervisor": ""}, "supervisor", id="nobody watches"),
        pytest.param({"purpose_text": "a" * 501}, "purpose text", id="endless purpose"),
        pytest.param({"purpose": "world-domination"}, "purpose", id="unknown purpose"),
        pytest.param({"scopes": ("user/*.cruds",)}, "scope", id="unknown scope"),
        pytest.param({"authority": "\u202e"}, "authority", id="authority of no letters"),
        pytest.param({"recipients": (Recipient(""),)}, "recipient", id="recipient of no name"),
        pytest.param({"recipients": (Recipient("x", "jp"),)}, "recipient", id="no country"),
        pytest.param({"recipients": (Recipient("x"),) * 2}, "recipient", id="recipient twice"),
        pytest.param({"profile": "loose"}, "profile", id="unknown profile"),
        pytest.param({"devices": True, "profile": "smart"}, "devices", id="SMART device"),
        pytest.param({"redirect_uris": ()}, "redirect URI", id="nowhere to go"),
        pytest.param({"jwks": jwks()}, "jwks", id="no key"),
        pytest.param({"jwks": jwks(jwk(kid="a"), jwk(kid="a"))}, "jwks", id="kid twice"),
        pytest.param({"jwks": jwks(jwk(kid="a"), jwk())}, "jwks", id="one of two unnamed"),
        pytest.param({"jwks": jwks({"kty": "EC"})}, "jwks", id="half a key"),
        pytest.param({"jwks": "keys"}, "jwks", id="no JSON"),
    ],
)
def test_a_refusal_names_the_field(changed: dict[str, object], field: str) -> None:
    with pytest.raises(RegistrationError) as failure:
        checked(**changed)
    assert failure.value.field == field


@pytest.mark.parametrize(
    ("text", "recipient"),
    [
        ("株式会社集計", Recipient("株式会社集計", "JP", Relation.PROCESSOR)),
        ("Example Ltd, US", Recipient("Example Ltd", "US", Relation.PROCESSOR)),
        ("a,JP,joint_user", Recipient("a", "JP", Relation.JOINT_USER)),
        ("a,JP,friend", None),
        ("a,JP,recipient,b", None),
    ],
)
def test_a_recipient_is_written_with_its_country_and_relation(
    text: str, recipient: Recipient | None
) -> None:
    if recipient is not None:
        assert recipient_of(text) == recipient
        return
    with pytest.raises(RegistrationError, match="RELATION"):
        recipient_of(text)


@pytest.mark.parametrize(
    "key", [jwk(d="AA"), {"kty": "oct", "k": "c2VjcmV0"}], ids=["private", "symmetric"]
)
def test_a_private_key_is_refused_loudly(key: dict[str, str]) -> None:
    with pytest.raises(PrivateKeyGivenError, match="PRIVATE") as failure:
        checked(jwks=jwks(key))
    assert "c2VjcmV0" not in str(failure.value)


OWN, ONE, OTHER = jwk(), jwk(), jwk()
RECIPIENTS = (
    Recipient("株式会社集計", "JP", Relation.PROCESSOR),
    Recipient("共同研究機構", "JP", Relation.JOINT_USER),
    Recipient("自前株式会社"),
)


@pytest.mark.parametrize(
    ("name", "keys", "fault"),
    [
        pytest.param("株式会社集計", jwks(OTHER), None, id="its own"),
        pytest.param("共同研究機構", jwks(OTHER), None, id="in place of its own before"),
        pytest.param("株式会社無名", jwks(OTHER), "no registered recipient", id="unknown"),
        pytest.param("自前株式会社", jwks(OTHER), "in its own right", id="erases for nobody"),
        pytest.param("株式会社集計", jwks(OWN), "the app's own", id="the app's key"),
        pytest.param("株式会社集計", jwks(ONE), "another recipient's", id="another's key"),
        pytest.param("株式会社集計", jwks({**OTHER, "d": "AA"}), "PRIVATE", id="private"),
        pytest.param("株式会社集計", "{}", "1 to 20 keys", id="none"),
    ],
)
def test_a_recipient_certifies_by_keys_that_nobody_else_has(
    name: str, keys: str, fault: str | None
) -> None:
    app = with_keys(checked(jwks=jwks(OWN), recipients=RECIPIENTS), "共同研究機構", jwks(ONE))
    if fault is None:
        [found] = with_keys(app, name, keys).keys_of_recipients[name]
        assert found == parse_jwks(keys)[0]
        return
    with pytest.raises(RegistrationError, match=fault):
        with_keys(app, name, keys)


def test_no_more_recipients_have_keys_than_can_certify_at_once() -> None:
    names = [f"株式会社集計{number}" for number in range(KEYED_MAX + 1)]
    many = tuple(Recipient(name, "JP", Relation.PROCESSOR) for name in names)
    app = checked(recipients=many)
    for name in names[:KEYED_MAX]:
        app = with_keys(app, name, jwks(jwk()))
    assert len(with_keys(app, names[0], jwks(OTHER)).recipient_keys) == KEYED_MAX
    with pytest.raises(RegistrationError, match="10 recipients at most"):
        with_keys(app, names[KEYED_MAX], jwks(jwk()))


@given(st.text())
def test_any_text_is_a_key_set_or_refused(text: str) -> None:
    with pytest.raises(RegistrationError):
        parse_jwks(text)


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    engine = create_engine(database_url)
    with engine.begin() as opened:
        yield opened
    engine.dispose()


def test_an_app_comes_back_as_it_was_registered(connection: Connection) -> None:
    app = service.register(connection, checked(), NOW, token_bytes)
    assert store.find(connection, app.client_id) == app
    assert store.every(connection) == [app]
    assert store.find(connection, "app-nobody") is None


def test_keys_of_a_recipient_are_kept_and_entered_when_they_are_new(
    connection: Connection,
) -> None:
    app = with_keys(checked(recipients=RECIPIENTS), "株式会社集計", jwks(ONE))
    service.register(connection, app, NOW, token_bytes)
    assert store.find(connection, app.client_id) == app
    for _ in range(2):
        moved = service.set_recipient_keys(
            connection, app.client_id, "共同研究機構", jwks(OTHER), NOW, token_bytes
        )
        assert store.find(connection, app.client_id) == moved
    assert list(moved.keys_of_recipients) == ["株式会社集計", "共同研究機構"]
    entries = [read_leaf(one.leaf).type for one in ledger.newest(connection, 9)]
    registered = "app.recipient_keys_registered"
    assert entries[:3] == [registered, registered, "app.registered"]
    assert not store.set_recipient_keys(connection, app, app)
    with pytest.raises(NoSuchAppError):
        service.set_recipient_keys(connection, "nobody", "x", jwks(ONE), NOW, token_bytes)


def test_settling_an_app_registers_it_once_and_follows_its_redirect_uris(
    connection: Connection,
) -> None:
    app = checked()
    for _ in range(2):
        assert service.settle(connection, app, NOW, token_bytes) == app
    moved = replace(app, redirect_uris=("https://app.example/other",), name="別の名前")
    settled = service.settle(connection, moved, NOW, token_bytes)
    assert settled == replace(app, redirect_uris=moved.redirect_uris)
    assert store.every(connection) == [settled]


def test_a_name_for_a_person_leads_back_to_them_and_is_one_apps(connection: Connection) -> None:
    pseudonyms, person = Pseudonyms(b"p" * 32), uuid4()
    first, again = (store.subject(connection, pseudonyms, "app-1", person) for _ in range(2))
    assert first == again
    assert store.resident_of(connection, "app-1", first) == person
    assert store.resident_of(connection, "app-2", first) is None


def test_new_words_are_a_new_version_and_the_same_words_none() -> None:
    engine = create_engine("sqlite://")
    store.apps.metadata.create_all(engine)
    app = checked()
    wish = Declaration(app.client_id, "self-care", "歩数と健診結果を並べて表示するため")
    with engine.begin() as connection:
        service.register(connection, app, NOW, token_bytes)
        for _ in range(2):
            declared = service.declare(connection, wish, NOW, token_bytes)
            assert (declared.version, declared.text) == (2, wish.text)
        found = store.find(connection, app.client_id)
        assert found is not None
        assert found.purpose == declared
        assert store.purpose_versions(connection) == {app.client_id: 2}
        newest = [read_leaf(one.leaf).type for one in ledger.newest(connection, 2)]
        assert newest == ["app.purpose_declared", "app.registered"]
        late = DeclaredVersion(declared, app.scopes, NOW)
        assert not store.declare(connection, app.client_id, late)
        with pytest.raises(NoSuchAppError):
            service.declare(connection, replace(wish, client_id="nobody"), NOW, token_bytes)


def test_what_is_wanted_is_declared_with_why_and_each_declaration_is_reviewed_anew() -> None:
    engine = create_engine("sqlite://")
    store.apps.metadata.create_all(engine)
    app = checked()
    less = frozenset({min(app.scopes)})
    wish = Declaration(app.client_id, app.purpose.code, app.purpose.text, less)
    with engine.begin() as connection:
        service.register(connection, app, NOW, token_bytes)
        with pytest.raises(DeclaredMeanwhileError):
            service.review(connection, app.client_id, 2, "審査会", NOW, token_bytes)
        for _ in range(2):
            reviewed = service.review(connection, app.client_id, 1, "審査会", NOW, token_bytes)
            assert reviewed.supervision.reviewer == "審査会"
            assert store.find(connection, app.client_id) == reviewed
        assert service.declare(connection, wish, NOW, token_bytes).version == 2
        found = store.find(connection, app.client_id)
        assert found is not None
        assert (found.scopes, found.supervision.reviewer) == (less, "")
        entered = ledger.newest(connection, 9)
        types = [read_leaf(one.leaf).type for one in entered]
        assert types == ["app.purpose_declared", "app.purpose_reviewed", "app.registered"]
        for entry, version in zip(entered, (2, 1, 1), strict=True):
            assert entry.body is not None
            told = {name: opening.value for name, opening in read_body(entry.body).items()}
            assert told["purpose_version"] == version
            assert told["purpose_text_sha256"] == app.purpose.text_sha256
