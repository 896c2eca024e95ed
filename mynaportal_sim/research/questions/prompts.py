"""How often each person was asked, and what they answered.

A row for each holder who was asked or answered. `prompts` counts `consent.requested`,
`granted` and `denied` the answers of that name; `unanswered` is how many prompts more there
are than answers, 0 if there are fewer.
"""

from mynaportal_sim.research.questions.question import FIRST, LAST, Bars, Question, Wording

_PROMPTS = Wording("同意を求めた回数", "prompts")

QUESTION = Question(
    name="prompts",
    title=Wording("一人ごとの同意の依頼と回答", "Prompts and answers per person"),
    columns={
        "holder": Wording("本人の仮名", "person (pseudonym)"),
        "prompts": _PROMPTS,
        "granted": Wording("同意", "granted"),
        "denied": Wording("不同意", "denied"),
        "unanswered": Wording("回答なし", "unanswered"),
        "first": FIRST,
        "last": LAST,
    },
    sql="""
        SELECT holder,
               count(*) FILTER (type = 'consent.requested') AS prompts,
               count(*) FILTER (type = 'consent.granted') AS granted,
               count(*) FILTER (type = 'consent.denied') AS denied,
               greatest(prompts - granted - denied, 0) AS unanswered,
               min("at") AS first, max("at") AS last
        FROM entries
        WHERE type IN ('consent.requested', 'consent.granted', 'consent.denied')
          AND holder IS NOT NULL
        GROUP BY holder
        ORDER BY prompts DESC, holder
    """,
    bars=Bars(("prompts",), None, Wording("人数", "people")),
)
