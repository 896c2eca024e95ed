"""Consent versions under which an app read more often than the person allowed.

A row for each version whose `consent.granted` names `max_uses` and which more
`access.permitted` name than that. `first_over` is the index of the first access too many, in
the order of time and, within a second, of indices. Quotas per period are not looked at.
"""

from mynaportal_sim.research.questions.question import (
    ACCESSES,
    APP_ID,
    APP_NAME,
    ARRANGEMENT,
    VERSION,
    Bars,
    Question,
    Wording,
)

_OVER = Wording("超過", "over")

QUESTION = Question(
    name="over-quota",
    title=Wording("上限回数を超えたアクセス", "Accesses over quota"),
    columns={
        "app_id": APP_ID,
        "app_name": APP_NAME,
        "arrangement": ARRANGEMENT,
        "consent_version": VERSION,
        "max_uses": Wording("上限回数", "allowed"),
        "accesses": ACCESSES,
        "over": _OVER,
        "first_over": Wording("最初に超過した記録番号", "first over, index"),
    },
    sql="""
        WITH quotas AS (
            SELECT app_id, app_name, arrangement, consent_version, max(max_uses) AS max_uses
            FROM entries WHERE type = 'consent.granted' AND max_uses IS NOT NULL GROUP BY ALL
        ),
        uses AS (
            SELECT arrangement, consent_version, count(*) AS accesses
            FROM entries WHERE type = 'access.permitted' GROUP BY ALL
        ),
        exceeded AS (
            SELECT * FROM uses JOIN quotas USING (arrangement, consent_version)
            WHERE accesses > quotas.max_uses
        ),
        numbered AS (
            SELECT arrangement, consent_version, "index", row_number() OVER (
                PARTITION BY arrangement, consent_version ORDER BY "at", "index"
            ) AS number
            FROM entries SEMI JOIN exceeded USING (arrangement, consent_version)
            WHERE type = 'access.permitted'
        )
        SELECT app_id, app_name, arrangement, consent_version, max_uses, accesses,
               accesses - max_uses AS over, "index" AS first_over
        FROM exceeded JOIN numbered USING (arrangement, consent_version)
        WHERE number = max_uses + 1
        ORDER BY over DESC, first_over
    """,
    bars=Bars(("app_name",), "over", Wording("超過したアクセス数", "accesses over quota")),
)
