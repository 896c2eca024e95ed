"""Why access is refused, in words for a person."""

from enum import StrEnum, unique


@unique
class Reason(StrEnum):
    """Why access is refused, from the check that is made first to the one that is made last."""

    NO_CONSENT = "no_consent"
    OTHER_PARTY = "other_party"
    PROHIBITED = "prohibited"
    REPLACED = "replaced"
    INVALIDATED = "invalidated"
    REVOKED = "revoked"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    NOT_YET_VALID = "not_yet_valid"
    OTHER_RECIPIENT = "other_recipient"
    OTHER_PURPOSE = "other_purpose"
    PURPOSE_CHANGED = "purpose_changed"
    OTHER_ACTION = "other_action"
    EXHAUSTED = "exhausted"
    TOO_SOON = "too_soon"
    OTHER_CATEGORY = "other_category"
    ONLY_STATISTICS = "only_statistics"
    DUTY_UNKEPT = "duty_unkept"

    @property
    def sentence_ja(self) -> str:
        return _SENTENCES[self][0]

    @property
    def sentence_en(self) -> str:
        return _SENTENCES[self][1]


_SENTENCES = {
    Reason.NO_CONSENT: ("同意がありません。", "There is no consent."),
    Reason.OTHER_PARTY: (
        "この同意は、別の方または別の事業者についてのものです。",
        "The consent is another person's or another app's.",
    ),
    Reason.PROHIBITED: (
        "本人または公的機関が、この提供を禁止しています。",
        "The person or an authority has prohibited this.",
    ),
    Reason.REPLACED: (
        "この同意は、新しい同意に置き換えられています。",
        "A newer consent has replaced this one.",
    ),
    Reason.INVALIDATED: (
        "この同意は無効とされました。",
        "The consent was found to be invalid.",
    ),
    Reason.REVOKED: (
        "この同意は、公的機関によって取り消されました。",
        "An authority has revoked the consent.",
    ),
    Reason.LAPSED: (
        "同意した方の代理権がなくなったため、この同意は効力を失いました。",
        "The consent has lapsed: whoever gave it no longer acts for the person.",
    ),
    Reason.WITHDRAWN: ("この同意は撤回されています。", "The consent was withdrawn."),
    Reason.NOT_YET_VALID: (
        "同意の有効期間がまだ始まっていません。",
        "The consent is not valid yet.",
    ),
    Reason.EXPIRED: ("同意の有効期間が終了しています。", "The consent has run out."),
    Reason.SUSPENDED: ("この同意は一時停止中です。", "The consent is suspended."),
    Reason.OTHER_RECIPIENT: (
        "この提供先への提供には同意していません。",
        "The consent does not name this recipient.",
    ),
    Reason.OTHER_PURPOSE: (
        "同意した利用目的と異なります。",
        "The consent was given for another purpose.",
    ),
    Reason.PURPOSE_CHANGED: (
        "同意の後に利用目的が変更されました。改めて同意が必要です。",
        "The app has changed its purpose since; it must ask again.",
    ),
    Reason.OTHER_ACTION: (
        "このような取扱いには同意していません。",
        "The consent does not allow this use.",
    ),
    Reason.EXHAUSTED: (
        "同意した回数をすべて使い切っています。",
        "The consent has been used as often as it allows.",
    ),
    Reason.TOO_SOON: (
        "前回の取得から、同意した間隔がまだ空いていません。",
        "The consent allows the next use only later.",
    ),
    Reason.OTHER_CATEGORY: (
        "求められた種類の情報の提供には同意していません。",
        "The consent gives none of the data asked for.",
    ),
    Reason.ONLY_STATISTICS: (
        "この同意で提供できるのは統計情報だけです。",
        "The consent allows statistics only, not the records themselves.",
    ),
    Reason.DUTY_UNKEPT: (
        "この同意に付けられた条件を守る仕組みがないため、提供できません。",
        "The consent sets a condition that cannot be kept here.",
    ),
}
