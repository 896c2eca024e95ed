"""How long apps went on after a withdrawal: seconds to the last permitted access.

Per app, over its `consent.withdrawn`: the time from each to the last later access under a
version that it ended (see `endings`), 0 if there is none. `followed` counts those that have
one. A quantile q is the smallest latency that at least a share q of the withdrawals do not
exceed.
"""

from mynaportal_sim.research.questions.endings import ENDINGS
from mynaportal_sim.research.questions.question import (
    APP_ID,
    APP_NAME,
    Bars,
    Question,
    Wording,
)

_LONGEST = Wording("最長（秒）", "longest, s")  # noqa: RUF001  Japanese

QUESTION = Question(
    name="withdrawal-latency",
    title=Wording("撤回から最後のアクセスまでの時間", "From withdrawal to the last access"),
    columns={
        "app_id": APP_ID,
        "app_name": APP_NAME,
        "withdrawals": Wording("撤回数", "withdrawals"),
        "followed": Wording("撤回後にアクセスあり", "followed by accesses"),
        "p50": Wording("中央値（秒）", "median, s"),  # noqa: RUF001  Japanese
        "p90": Wording("90パーセンタイル（秒）", "90 %, s"),  # noqa: RUF001  Japanese
        "p99": Wording("99パーセンタイル（秒）", "99 %, s"),  # noqa: RUF001  Japanese
        "longest": _LONGEST,
    },
    sql=f"""
        WITH {ENDINGS},
        followed AS (
            SELECT withdrawal, max("at") AS last
            FROM late JOIN ends USING (arrangement, consent_version)
            WHERE moment > ended GROUP BY withdrawal
        ),
        latencies AS (
            SELECT app_id, app_name, last,
                   coalesce(date_diff('second', "at", last), 0) AS latency
            FROM withdrawn LEFT JOIN followed ON withdrawal = "index"
        )
        SELECT app_id, app_name, count(*) AS withdrawals, count(last) AS followed,
               quantile_disc(latency, 0.5) AS p50, quantile_disc(latency, 0.9) AS p90,
               quantile_disc(latency, 0.99) AS p99, max(latency) AS longest
        FROM latencies GROUP BY ALL
        ORDER BY longest DESC, app_id, app_name
    """,  # noqa: S608  both parts are constants
    bars=Bars(("app_name",), "longest", Wording("最長（秒）", "longest, seconds")),  # noqa: RUF001  Japanese
)
