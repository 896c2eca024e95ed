"""What a person reads of the terms, on every page, is what they give and what they sign."""

import json

from tests.mynaportal_sim.signing.kit import to_sign
from tests.mynaportal_sim.web.kit import JSON, Portal, decide

_TOGETHER = {
    "actions": ["view", "derive", "train_model"],
    "usage": {"max_uses": 3, "min_interval": 86400},
    "retention": {"erase_after_days": 20, "on_withdrawal": "deidentify", "deadline_days": 10},
    "research_terms": ["DUO:0000021", "DUO:0000046"],
    "minimum_cell": 10,
}
_CHECKUPS = {
    "type": "phr_access",
    "categories": ["checkup"],
    "period": {"from": "2024-01-01", "to": "2025-12-31", "rolling_days": 90},
    "codes": ["http://loinc.org|18262-6"],
    **_TOGETHER,
}
_MEDICINES = {
    "type": "phr_access",
    "categories": ["medication"],
    "period": {"from": "2020-01-01", "to": "2021-12-31"},
    **_TOGETHER,
}


def test_each_page_says_all_of_what_is_given_and_the_card_signs_the_same(
    portal: Portal,
) -> None:
    browser, details = portal.browser(), json.dumps([_CHECKUPS, _MEDICINES])
    question = portal.ask(browser, portal.register(), authorization_details=details).headers[
        "location"
    ]
    browser.log_in(interaction=question.removeprefix("/interactions/"))
    told = to_sign(browser, question, "checkup", "medication")
    signed = " ".join(said for _, said in json.loads(told["statement"]["text"])["shown"])
    asked = browser.get(question).text
    decide(browser, question, "allow", "checkup", "medication")
    [given] = browser.get("/consents", **JSON).json()["consents"]
    own = f"/consents/{given['arrangement_id']}"
    pages = {
        "question": asked,
        "signed": signed,
        "consents": browser.get("/consents").text,
        "withdraw": browser.get(f"{own}/withdraw?version={given['version_id']}").text,
        "receipt": browser.get(f"{own}/{given['version_id']}").text,
    }
    for said in (
        "2024年1月1日から2025年12月31日までの記録",
        "2020年1月1日から2021年12月31日までの記録",
        "過去90日分のみ",
        "http://loinc.org|18262-6",
        "AIなどの学習に使う",
        "最大3回",
        "20日後",
        "10日以内",
        "倫理審査の承認を受けた研究に限る",
        "DUO:0000046",
        "各集計値は10人以上",
    ):
        assert [name for name, page in pages.items() if said not in page] == [], said
    for page in pages.values():  # which is true of neither
        assert "2020年1月1日から2025年12月31日まで" not in page
