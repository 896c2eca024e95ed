"""What events, and what they change, are called in English and in Japanese."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from consent.japan import day_of
from mynaportal_sim.issuing.life import Happening, Status
from mynaportal_sim.issuing.life_events import (
    LIFE_EVENTS,
    Change,
    Fate,
    LifeEvent,
    Particular,
    Written,
)
from mynaportal_sim.issuing.model import Standing
from mynaportal_sim.pki.model import State


class Words(NamedTuple):
    """The same in both languages."""

    en: str
    ja: str


EVENTS: Mapping[LifeEvent, Words] = MappingProxyType(
    {
        LifeEvent.ISSUE: Words("A card is issued", "カードの交付"),
        LifeEvent.RENEW: Words("The certificates are renewed", "電子証明書の更新"),
        LifeEvent.CHANGE_NAME: Words("The name changes", "氏名の変更"),
        LifeEvent.MOVE: Words("The person moves", "住所の変更（転居・転入）"),
        LifeEvent.DIE: Words("The person dies", "死亡"),
        LifeEvent.LOSE: Words("The card is lost: it is stopped for now", "紛失による一時停止"),
        LifeEvent.FIND: Words("The card is found again", "発見による一時停止の解除"),
        LifeEvent.NOT_FOUND: Words("The card is not found: it is given up", "紛失による廃止"),
        LifeEvent.RETURN: Words("The card is given back", "カードの返納"),
        LifeEvent.REISSUE: Words("A new card replaces the old one", "カードの再交付"),
        LifeEvent.ADD_PHONE: Words(
            "Certificates are put on a phone", "スマホ用電子証明書の発行"
        ),
        LifeEvent.LOSE_PHONE: Words(
            "The phone is lost", "スマホの紛失によるスマホ用電子証明書の失効"
        ),
        LifeEvent.UNBLOCK: Words("PINs are set anew", "暗証番号の再設定（ロック解除）"),
        LifeEvent.COME_OF_AGE: Words(
            "At 15: the first signing certificate", "15歳になってからの署名用電子証明書の発行"
        ),
        LifeEvent.CERTIFY: Words("A new signing certificate", "署名用電子証明書の新規発行"),
        LifeEvent.EXTEND_PERMIT: Words("The period of stay is extended", "在留期間の更新"),
        LifeEvent.END_PERMIT: Words("The period of stay is over", "在留期間の満了"),
    }
)

STATUSES: Mapping[Status, Words] = MappingProxyType(
    {
        Status.ACTIVE: Words("in use", "利用中"),
        Status.SUSPENDED: Words("stopped for now", "一時停止中"),
        Status.STOPPED: Words("given up as lost", "廃止（紛失）"),
        Status.RETURNED: Words("returned", "返納済み"),
        Status.REPLACED: Words("replaced by another", "再交付により失効"),
        Status.EXPIRED: Words("expired", "有効期限切れ"),
    }
)

CERTIFICATES: Mapping[State, Words] = MappingProxyType(
    {
        State.GOOD: Words("good", "有効"),
        State.HELD: Words("held", "一時停止中"),
        State.REVOKED: Words("revoked", "失効"),
    }
)
OVER = Words("ended", "有効期限切れ")

AUTHENTICATION: Mapping[Fate, Words] = MappingProxyType(
    {
        Fate.HELD: Words(
            "the user authentication certificate is held", "利用者証明用電子証明書を一時停止"
        ),
        Fate.RELEASED: Words(
            "the user authentication certificate is good again",
            "利用者証明用電子証明書の一時停止を解除",
        ),
        Fate.REVOKED: Words(
            "the user authentication certificate is revoked", "利用者証明用電子証明書が失効"
        ),
        Fate.NEW: Words(
            "a new user authentication certificate is issued",
            "利用者証明用電子証明書を新たに発行",
        ),
    }
)
SIGNING: Mapping[Fate, Words] = MappingProxyType(
    {
        Fate.HELD: Words("the signing certificate is held", "署名用電子証明書を一時停止"),
        Fate.RELEASED: Words(
            "the signing certificate is good again", "署名用電子証明書の一時停止を解除"
        ),
        Fate.REVOKED: Words("the signing certificate is revoked", "署名用電子証明書が失効"),
        Fate.NEW: Words("a new signing certificate is issued", "署名用電子証明書を新たに発行"),
    }
)
PHONE: Mapping[Fate, Words] = MappingProxyType(
    {
        Fate.REVOKED: Words(
            "the certificates on the phone are revoked", "スマホ用電子証明書が失効"
        ),
        Fate.NEW: Words("a phone gets certificates of its own", "スマホ用電子証明書を発行"),
    }
)
CARD: Mapping[Happening, Words] = MappingProxyType(
    {
        Happening.SUSPEND: Words("the card is stopped for now", "カードを一時停止"),
        Happening.RESUME: Words("the card can be used again", "カードの一時停止を解除"),
        Happening.STOP: Words("the card is given up", "カードを廃止"),
        Happening.RETURN: Words("the card is returned", "カードを返納"),
        Happening.REPLACE: Words("the old card is over", "これまでのカードは失効"),
    }
)
RESIDENT: Mapping[Particular, Words] = MappingProxyType(
    {
        Particular.NAME: Words(
            "the register has the new name, and of its readings those that are given",
            "住民票の氏名・フリガナ・ローマ字を変更（未入力のフリガナとローマ字は削除）",
        ),
        Particular.ADDRESS: Words("the register has the new address", "住民票の住所を変更"),
        Particular.DEATH: Words("the register has the death", "住民票に死亡を記録"),
        Particular.PERMIT: Words(
            "the register has the new period of stay, if one is given",
            "在留期間の満了日を変更（入力した場合）",
        ),
    }
)
WRITTEN: Mapping[Written, Words] = MappingProxyType(
    {
        Written.DATA: Words("what the card says is rewritten", "カードの券面情報を書き換え"),
        Written.CERTIFICATES: Words("the card is rewritten", "カードの電子証明書を書き換え"),
        Written.PINS: Words("the card takes the new PINs", "カードの暗証番号を再設定"),
        Written.CARD: Words("a card is made", "新しいカードを作成"),
        Written.PHONE: Words("the phone is written", "スマホに書き込み"),
    }
)
MAY_CERTIFY = Words(
    "a new signing certificate is issued if wished", "希望すれば署名用電子証明書を新たに発行"
)
LEFT_ALONE = Words(
    "the card's file, which cannot be read, is left as it is",
    "読み取れないカードのファイルはそのまま保持",
)
SET_ASIDE = Words(
    "the card's file, which cannot be read, is set aside under another name",
    "読み取れないカードのファイルは別名で保存",
)
SESSIONS = Words("the person is logged out everywhere", "ログイン中のセッションをすべて終了")
AGREEMENTS = Words(
    "all that the person agreed to ends, and all acting for them or by them",
    "本人の同意と、代理の関係がすべて終了",
)


def effects(event: LifeEvent, standing: Standing, now: datetime) -> list[Words]:
    """What an event changes for a person who stands so, part by part."""
    row, card = LIFE_EVENTS[event], standing.card
    of_age = standing.resident.may_sign_on(day_of(now))
    signs = of_age if row.signing is Fate.NEW else card is not None and card.signing is not None
    has_phone = row.phone is Fate.NEW or standing.phone is not None
    told = [
        _of_the_register(row, standing),
        None if row.card is None or card is None else CARD[row.card],
        AUTHENTICATION.get(row.authentication) if card or row.written is Written.CARD else None,
        SIGNING.get(row.signing) if signs else None,
        MAY_CERTIFY if row.may_certify and of_age else None,
        PHONE.get(row.phone) if has_phone else None,
        WRITTEN.get(row.written),
        _of_the_file(row) if standing.unreadable else None,
        SESSIONS if row.ends_sessions else None,
        AGREEMENTS if row.ends_agreements else None,
    ]
    return [words for words in told if words is not None]


def _of_the_file(row: Change) -> Words | None:
    """What becomes of a card's file that cannot be read."""
    return {Written.NOTHING: LEFT_ALONE, Written.CARD: SET_ASIDE}.get(row.written)


def _of_the_register(row: Change, standing: Standing) -> Words | None:
    """A period of stay is nothing that a national has."""
    stays = standing.resident.permitted_until is not None
    if row.resident is None or (row.resident is Particular.PERMIT and not stays):
        return None
    return RESIDENT[row.resident]
