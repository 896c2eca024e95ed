"""What was refused, and why.

A row for each type of entry that tells of a refusal and each reason it gives: refused logins,
tokens and accesses, and exchanges between agencies that were withheld. `apps` and `people`
count distinct ones as far as the entries name them.
"""

from mynaportal_sim.research.questions.question import (
    FIRST,
    LAST,
    PEOPLE,
    Bars,
    Question,
    Wording,
)

_REFUSALS = Wording("拒否数", "refusals")

QUESTION = Question(
    name="refusals",
    title=Wording("理由ごとの拒否", "Refusals by reason"),
    columns={
        "type": Wording("種類", "type"),
        "reason": Wording("理由", "reason"),
        "refusals": _REFUSALS,
        "apps": Wording("アプリ数", "apps"),
        "people": PEOPLE,
        "first": FIRST,
        "last": LAST,
    },
    sql="""
        SELECT type, coalesce(reason, '') AS reason, count(*) AS refusals,
               count(DISTINCT app_id) AS apps, count(DISTINCT holder) AS people,
               min("at") AS first, max("at") AS last
        FROM entries
        WHERE type IN ('login.refused', 'token.refused', 'access.refused', 'exchange.withheld')
          AND "at" IS NOT NULL
        GROUP BY ALL
        ORDER BY refusals DESC, type, reason
    """,
    bars=Bars(("type", "reason"), "refusals", _REFUSALS),
)
