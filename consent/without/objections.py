"""Why access without consent is refused, in words for a person."""

from enum import StrEnum, unique


@unique
class Objection(StrEnum):
    """Why access is refused, from the check that is made first to the one that is made last."""

    NO_BASIS = "without_no_basis"
    NO_AUTHORITY = "without_no_authority"
    NO_OFFICER = "without_no_officer"
    NO_REASON = "without_no_reason"
    NUMBER_IN_TEXT = "without_number_in_text"
    NO_CATEGORY = "without_no_category"
    BEYOND_BASIS = "without_beyond_basis"
    TOO_LONG = "without_too_long"
    TOLD_TOO_LATE = "without_told_too_late"
    NOT_REGISTERED = "without_not_registered"
    NOT_NOTIFIED = "without_not_notified"
    JUST_NOTIFIED = "without_just_notified"
    OPTED_OUT = "without_opted_out"
    COURT_ORDER = "without_court_order"
    OTHER_CASE = "without_other_case"
    CASE_ENDED = "without_case_ended"

    @property
    def sentence_ja(self) -> str:
        return _SENTENCES[self][0]

    @property
    def sentence_en(self) -> str:
        return _SENTENCES[self][1]


_SENTENCES = {
    Objection.NO_BASIS: (
        "同意は、同意によらない提供の根拠になりません。",
        "Consent is no basis for access without consent.",
    ),
    Objection.NO_AUTHORITY: ("機関の名称がありません。", "No authority is named."),
    Objection.NO_OFFICER: ("担当者が示されていません。", "No officer is named."),
    Objection.NO_REASON: (
        "理由が書かれていないか、具体的でありません。",
        "No reason is given, or it says nothing of the case.",
    ),
    Objection.NUMBER_IN_TEXT: (
        "マイナンバーの可能性がある数字、または使えない文字が含まれています。",
        "The text could hold a My Number, or has characters that it may not have.",
    ),
    Objection.NO_CATEGORY: ("情報の種類が選ばれていません。", "No kind of data is named."),
    Objection.BEYOND_BASIS: (
        "この根拠では提供できない種類の情報です。",
        "This basis does not reach that kind of data.",
    ),
    Objection.TOO_LONG: (
        "閲覧できる時間が、この根拠の上限を超えています。",
        "Access would last longer than this basis allows.",
    ),
    Objection.TOLD_TOO_LATE: (
        "本人への通知が、この根拠の期限より遅くなります。",
        "The person would be told later than this basis allows.",
    ),
    Objection.NOT_REGISTERED: (
        "協力要請を受けることを登録していない方です。",
        "The person has not registered to be called up.",
    ),
    Objection.NOT_NOTIFIED: (
        "本人への事前の通知がされていません。",
        "The person has not been notified beforehand.",
    ),
    Objection.JUST_NOTIFIED: (
        "事前の通知から、まだ十分な日数がたっていません。",
        "The person was notified too short a time ago.",
    ),
    Objection.OPTED_OUT: (
        "本人が提供の停止を求めています。",
        "The person has opted out.",
    ),
    Objection.COURT_ORDER: (
        "裁判所がこの提供を禁止しています。",
        "A court has prohibited this.",
    ),
    Objection.OTHER_CASE: (
        "この担当者が開いた案件ではないか、別の方についての案件です。",
        "The case is another officer's or another person's.",
    ),
    Objection.CASE_ENDED: (
        "この案件で閲覧できる時間は終わっています。",
        "The time for which the case allowed access is over.",
    ),
}
