"""Permitted accesses later than a withdrawal that ended the version they name.

A row for each such `access.permitted`, beside the first withdrawal that ended its version (see
`endings`). `seconds_after` is 0 for an access in the withdrawal's own second.
"""

from mynaportal_sim.research.questions.endings import ENDINGS
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
    name="after-withdrawal",
    title=Wording("撤回後のアクセス", "Accesses after withdrawal"),
    columns={
        "index": INDEX,
        "at": AT,
        "app_id": APP_ID,
        "app_name": APP_NAME,
        "arrangement": ARRANGEMENT,
        "consent_version": VERSION,
        "withdrawal": Wording("撤回の記録番号", "withdrawal's index"),
        "withdrawn_at": Wording("撤回日時", "withdrawn"),
        "seconds_after": SECONDS_AFTER,
        "categories": CATEGORIES,
    },
    sql=f"""
        WITH {ENDINGS},
        first AS (
            SELECT arrangement, consent_version, min(ended) AS ended FROM ends GROUP BY ALL
        )
        SELECT "index", "at", app_id, app_name, arrangement, consent_version,
               ended.n AS withdrawal, ended.t AS withdrawn_at,
               date_diff('second', ended.t, "at") AS seconds_after, categories
        FROM late JOIN first USING (arrangement, consent_version)
        WHERE moment > ended
        ORDER BY "at", "index"
    """,  # noqa: S608  both parts are constants
    bars=Bars(("app_name",), None, Wording("撤回後のアクセス数", "accesses after withdrawal")),
)
