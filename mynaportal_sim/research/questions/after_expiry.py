"""Permitted accesses at or after the end of the consent version they name.

A row for each `access.permitted` whose time is not before `valid_until` of the
`consent.granted` with the same arrangement and version, as `consent.model` has it: at that
instant the consent has run out. Versions whose grant the log does not tell are left out.
"""

from mynaportal_sim.research.questions.question import (
    APP_ID,
    APP_NAME,
    ARRANGEMENT,
    AT,
    CATEGORIES,
    INDEX,
    SECONDS_AFTER,
    VERSION,
    Bars,
    Question,
    Wording,
)

QUESTION = Question(
    name="after-expiry",
    title=Wording("期限後のアクセス", "Accesses after expiry"),
    columns={
        "index": INDEX,
        "at": AT,
        "app_id": APP_ID,
        "app_name": APP_NAME,
        "arrangement": ARRANGEMENT,
        "consent_version": VERSION,
        "valid_until": Wording("期限", "valid until"),
        "seconds_after": SECONDS_AFTER,
        "categories": CATEGORIES,
    },
    sql="""
        WITH granted AS (
            SELECT arrangement, consent_version, max(valid_until) AS ends
            FROM entries WHERE type = 'consent.granted' GROUP BY ALL
        )
        SELECT "index", "at", app_id, app_name, arrangement, consent_version,
               ends AS valid_until, date_diff('second', ends, "at") AS seconds_after, categories
        FROM entries JOIN granted USING (arrangement, consent_version)
        WHERE type = 'access.permitted' AND "at" >= ends
        ORDER BY "at", "index"
    """,
    bars=Bars(("app_name",), None, Wording("期限後のアクセス数", "accesses after expiry")),
)
