"""When a withdrawal ended what an app had, as SQL that more than one question builds on.

A withdrawal ends every version of its arrangement but those that were granted later. So a
person who consents anew after withdrawing is understood, and an app that goes on under a
version that was superseded before the withdrawal is not excused. A version whose grant the log
does not tell counts as granted before everything.
"""

ENDINGS = """
    granted AS (
        SELECT arrangement, consent_version,
               min(struct_pack(t := "at", n := "index")) AS since
        FROM entries WHERE type = 'consent.granted' GROUP BY ALL
    ),
    withdrawn AS (
        SELECT arrangement, app_id, app_name, "at", "index",
               struct_pack(t := "at", n := "index") AS moment
        FROM entries WHERE type = 'consent.withdrawn'
    ),
    late AS MATERIALIZED (
        SELECT entries.*, struct_pack(t := "at", n := "index") AS moment
        FROM entries JOIN (
            SELECT arrangement, min(moment) AS earliest FROM withdrawn GROUP BY arrangement
        ) USING (arrangement)
        WHERE type = 'access.permitted' AND struct_pack(t := "at", n := "index") > earliest
    ),
    ends AS (
        SELECT arrangement, consent_version, withdrawn."index" AS withdrawal,
               withdrawn.moment AS ended
        FROM (SELECT DISTINCT arrangement, consent_version FROM late)
        JOIN withdrawn USING (arrangement)
        LEFT JOIN granted USING (arrangement, consent_version)
        WHERE since IS NULL OR since < withdrawn.moment
    )
"""
"""CTEs: `late` has the accesses later than a withdrawal of their arrangement, and `ends` a row
for each of their versions and each withdrawal that ended it."""
