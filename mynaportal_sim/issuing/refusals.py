"""Why the counter does not do what it is asked for, and what helps."""

from dataclasses import dataclass
from datetime import date
from enum import Enum, unique

from mynaportal_sim.issuing.life import Status


@unique
class Reason(Enum):
    """A code, and a sentence in English and Japanese; {…} is filled from the refusal."""

    DEAD = (
        "dead",
        "This person has died; nothing is issued or changed any more.",
        "この方は亡くなっています。発行や変更はできません。",
    )
    NO_CARD = (
        "no_card",
        "This person has no card; issue one first.",
        "この方はカードをお持ちではありません。先に交付してください。",
    )
    HAS_CARD = (
        "has_card",
        "This person has a card already; let it be re-issued or returned.",
        "この方はすでにカードをお持ちです。再交付または返納の手続きをしてください。",
    )
    NOT_THEIRS = (
        "not_their_card",
        "What lies on the counter is no card of this person's; it stays as it is.",
        "お持ちになったものは、この方のカードではありません。書き換えは行いません。",
    )
    NOT_HERE = (
        "no_card_on_the_counter",
        "This is written on the card, which is not there; bring it, or have a new one issued.",
        "カードに書き込む手続きです。カードをお持ちになるか、再交付の手続きをしてください。",
    )
    UNREADABLE = (
        "card_unreadable",
        "This is written on the card, whose file cannot be read; it was left as it is. Have a "
        "new card issued.",
        "カードに書き込む手続きですが、カードのファイルを読み取れません。ファイルには手を加えていません。"
        "カードの再交付の手続きをしてください。",
    )
    NOT_SO = (
        "not_in_this_state",
        "This cannot be done with a card in this state: {status}.",
        "カードの状態が「{status}」のため、この手続きはできません。",
    )
    TOO_EARLY = (
        "too_early",
        "The certificates can be renewed from {day} on, three months before they end.",
        "電子証明書の更新は、有効期限の3か月前にあたる{day}からできます。",
    )
    ENDS_WITH_CARD = (
        "ends_with_the_card",
        "The certificates are good for as long as the card; have the card re-issued, or the "
        "period of stay extended.",
        "電子証明書はカードの有効期限まで有効です。カードの再交付、または在留期間の更新の手続きをしてください。",
    )
    RENEW_FIRST = (
        "renew_first",
        "The user authentication certificate has ended; have the certificates renewed first.",
        "利用者証明用電子証明書の有効期限が切れています。先に電子証明書の更新の手続きをしてください。",
    )
    TOO_YOUNG = (
        "too_young",
        "A signing certificate is issued from 15 years on, to this person from {day}.",
        "署名用電子証明書は15歳以上の方に発行されます。この方は{day}から発行を受けられます。",
    )
    HAS_SIGNING = (
        "has_signing_certificate",
        "The card has a signing certificate that is good.",
        "有効な署名用電子証明書がすでにあります。",
    )
    HAD_SIGNING = (
        "had_signing_certificate",
        "The card has had a signing certificate before; ask for a new one instead.",
        "署名用電子証明書が発行されたことのあるカードです。新規発行の手続きをしてください。",
    )
    NEVER_SIGNING = (
        "no_signing_certificate_yet",
        "The card has never had a signing certificate; that is issued at the age of 15.",
        "署名用電子証明書が発行されたことのないカードです。15歳になってからの発行手続きをしてください。",
    )
    NO_SIGNING = (
        "no_signing_certificate",
        "It takes a signing certificate that is good, which the card has not.",
        "有効な署名用電子証明書が必要です。",
    )
    HAS_PHONE = (
        "has_phone",
        "This person's phone holds certificates already; let those be given up first.",
        "スマホ用電子証明書がすでに発行されています。先に失効の手続きをしてください。",
    )
    NO_PHONE = (
        "no_phone",
        "No phone of this person's holds certificates.",
        "スマホ用電子証明書は発行されていません。",
    )
    NO_PERMIT = (
        "no_permit",
        "The register knows of no period of stay of this person.",
        "この方の在留期間は登録されていません。",
    )
    PERMIT_RUNS = (
        "permit_runs",
        "The period of stay runs until {day}; its end is dealt with after that.",
        "在留期間は{day}までです。満了後に手続きしてください。",
    )
    PERMIT_OVER = (
        "permit_over",
        "The period of stay ended on {day}; let it be extended before anything is issued.",
        "在留期間は{day}に満了しています。発行の前に更新してください。",
    )
    NOT_LATER = (
        "not_later",
        "The period of stay is extended to a day that is later than {day}.",
        "在留期間の満了日には、{day}より後の日を入力してください。",
    )
    NOTHING_NEW = (
        "nothing_new",
        "Say what it is from now on; it is the same as before.",
        "変更後の内容を入力してください。変更前と同じです。",
    )
    ADDRESS_STAYS = (
        "address_stays",
        "Give the new address too; the municipality alone does not say where.",
        "市区町村だけでなく、新しい住所も入力してください。",
    )
    UNFIT_TEXT = (
        "unfit_text",
        "A certificate has no room for “{text}”; write it otherwise.",
        "「{text}」は電子証明書に記録できません。別の表記にしてください。",
    )
    NO_KANA = (
        "reading_not_kana",
        "The reading is written in full-width katakana, which “{text}” is not.",
        "「{text}」はフリガナとして登録できません。全角カタカナで入力してください。",
    )
    NO_ROMAJI = (
        "reading_not_latin",
        "The name in Latin letters has nothing but those, spaces, hyphens and apostrophes; "
        "“{text}” is written otherwise.",
        "「{text}」はローマ字として登録できません。半角の英字で入力してください。",
    )
    NO_SUCH_PLACE = (
        "no_such_municipality",
        "Nobody lives in that municipality here; choose from {text}.",
        "その市区町村は登録されていません。{text}の中から選んでください。",
    )
    WITHOUT_A_PIN = (
        "card_without_pin",
        "This is a card without a PIN; it has no signing certificate and no PIN to set.",
        "顔認証マイナンバーカードのため、暗証番号の設定や署名用電子証明書の発行はできません。",
    )
    JPKI_ALONE = (
        "no_such_application",
        "This card has the JPKI application alone, and so no such PIN.",
        "公的個人認証以外の機能がないカードのため、この暗証番号は設定できません。",
    )
    NO_PIN_GIVEN = (
        "no_pin_given",
        "Give a new PIN or password, at least one.",
        "新しい暗証番号を1つ以上入力してください。",
    )
    MALFORMED_PIN = (
        "malformed_pin",
        "A PIN has 4 digits; the password has 6 to 16 letters A to Z and digits, both.",
        "署名用は英大文字と数字を組み合わせた6〜16文字、その他の暗証番号は数字4桁にしてください。",
    )

    def __init__(self, code: str, sentence_en: str, sentence_ja: str) -> None:
        self.code = code
        self.sentence_en = sentence_en
        self.sentence_ja = sentence_ja


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nothing was changed. What fills the sentence is empty where it has nothing to fill."""

    reason: Reason
    status: Status | None = None
    day: date | None = None
    text: str = ""

    def __str__(self) -> str:
        return self.reason.sentence_en.format(
            status=self.status or "", day=self.day or "", text=self.text
        )
