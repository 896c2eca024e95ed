"""Who got what: permitted accesses per app, purpose, legal basis and supervisor.

Counts each `access.permitted`. `records` sums how many records of people left, but for those
that were planted to find copies; `people` counts distinct holders. An access with no named
supervisor counts under an empty one.
"""

from mynaportal_sim.research.questions.question import (
    ACCESSES,
    APP_ID,
    APP_NAME,
    FIRST,
    LAST,
    PEOPLE,
    Bars,
    Question,
    Wording,
)

QUESTION = Question(
    name="accesses",
    title=Wording(
        "アプリ・目的・根拠・監督者ごとのアクセス",
        "Accesses by app, purpose, basis, supervisor",
    ),
    columns={
        "app_id": APP_ID,
        "app_name": APP_NAME,
        "purpose": Wording("目的", "purpose"),
        "legal_basis": Wording("法的根拠", "legal basis"),
        "supervisor": Wording("監督者", "supervisor"),
        "accesses": ACCESSES,
        "records": Wording("件数", "records"),
        "people": PEOPLE,
        "first": FIRST,
        "last": LAST,
    },
    sql="""
        SELECT app_id, app_name, purpose, legal_basis, coalesce(supervisor, '') AS supervisor,
               count(*) AS accesses,
               coalesce(sum("count" - coalesce("planted", 0)), 0)::BIGINT AS records,
               count(DISTINCT holder) AS people,
               min("at") AS first, max("at") AS last
        FROM entries WHERE type = 'access.permitted'
        GROUP BY ALL
        ORDER BY accesses DESC, app_id, app_name, purpose, legal_basis, supervisor
    """,
    bars=Bars(("app_name", "purpose", "supervisor"), "accesses", ACCESSES),
)
