"""Why somebody may not act for another, in words for a person."""

from enum import StrEnum, unique


@unique
class Refusal(StrEnum):
    """Why an act is refused, from what is looked at first to what is looked at last.

    NOT_ACTING is said of strangers and of those whom a block keeps away alike, so that the
    answer tells nobody that there is a block.
    """

    NOT_ACTING = "not_acting"
    MANDATE_PROPOSED = "mandate_proposed"
    MANDATE_ENDED = "mandate_ended"
    CAME_OF_AGE = "came_of_age"
    MANDATE_SUSPENDED = "mandate_suspended"
    ACT_OUT_OF_SCOPE = "act_out_of_scope"
    CATEGORY_OUT_OF_SCOPE = "category_out_of_scope"
    DECIDES_ALONE = "decides_alone"
    GUARDIAN_DECIDES = "guardian_decides"

    @property
    def sentence_ja(self) -> str:
        return _SENTENCES[self][0]

    @property
    def sentence_en(self) -> str:
        return _SENTENCES[self][1]

    @property
    def sentence_easy(self) -> str:
        """The same in plain Japanese (やさしい日本語)."""
        return _SENTENCES[self][2]


_SENTENCES = {
    Refusal.NOT_ACTING: (
        "この方の代理人として登録されていません。",
        "You do not act for this person.",
        "あなたは、この人の代わりの人ではありません。",
    ),
    Refusal.MANDATE_PROPOSED: (
        "代理の登録がまだ済んでいません。",
        "Nobody has accepted to act for this person yet.",
        "代わりをする人が、まだ決まっていません。",
    ),
    Refusal.MANDATE_ENDED: (
        "代理権は終了しています。",
        "You no longer act for this person.",
        "この人の代わりは、もう終わりました。",
    ),
    Refusal.CAME_OF_AGE: (
        "ご本人が成年に達したため、代理権はなくなりました。",
        "The person has come of age and acts for themselves.",
        "本人が大人になりました。だから、代わりをすることはできません。",
    ),
    Refusal.MANDATE_SUSPENDED: (
        "代理権は一時停止されています。",
        "Acting for this person is suspended.",
        "この人の代わりは、いま休んでいます。",
    ),
    Refusal.ACT_OUT_OF_SCOPE: (
        "この手続きは、代理の範囲に含まれていません。",
        "What you may do for this person does not include this.",
        "これは、代わりにすることができません。",
    ),
    Refusal.CATEGORY_OUT_OF_SCOPE: (
        "代理の範囲に含まれていない種類の情報が含まれています。",
        "This is about kinds of data that you do not act for this person in.",
        "代わりに見ることができない情報（じょうほう）があります。",
    ),
    Refusal.DECIDES_ALONE: (
        "この目的については、ご本人が自分で決めます。",
        "For this purpose the person decides alone.",
        "これは、本人が自分で決めます。",
    ),
    Refusal.GUARDIAN_DECIDES: (
        "この同意には、保護者の方の手続きが必要です。",
        "This consent takes a guardian.",
        "「わたす」と答えることができるのは、保護者（ほごしゃ）です。",
    ),
}
