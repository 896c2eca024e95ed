"""Which kinds of data an app declared, was given, and used.

A row for each app and category that occurs at all. `declared`: a scope of the app's newest
`app.registered` or `app.purpose_declared` stands for it. `given`: how many versions granted
it. `used`: how many `access.permitted` touched it. `beyond`: how many of those named a version
that is known and did not give it. An app of several names goes by the one that sorts last.
"""

from mynaportal_sim.oauth.scopes import CATEGORY_OF
from mynaportal_sim.research.questions.question import APP_ID, APP_NAME, Bars, Question, Wording

_SCOPES = ", ".join(f"('{scope}', '{category}')" for scope, category in CATEGORY_OF.items())

QUESTION = Question(
    name="declared-vs-used",
    title=Wording("申告・同意・利用されたデータの種類", "Data declared, given and used"),
    columns={
        "app_id": APP_ID,
        "app_name": APP_NAME,
        "category": Wording("データの種類", "category"),
        "declared": Wording("申告", "declared"),
        "given": Wording("同意の数", "versions that give it"),
        "used": Wording("利用", "accesses"),
        "beyond": Wording("同意の範囲外の利用", "beyond consent"),
    },
    sql=f"""
        WITH stands_for(scope, category) AS (VALUES {_SCOPES}),
        newest AS (
            SELECT app_id, arg_max(scopes, struct_pack(t := "at", n := "index")) AS scopes
            FROM entries WHERE type IN ('app.registered', 'app.purpose_declared')
            GROUP BY app_id
        ),
        declared AS (
            SELECT DISTINCT app_id, category
            FROM (SELECT app_id, unnest(scopes) AS scope FROM newest)
            JOIN stands_for USING (scope)
        ),
        granted AS (
            SELECT app_id, arrangement, consent_version, any_value(categories) AS gives
            FROM entries WHERE type = 'consent.granted' GROUP BY ALL
        ),
        given AS (
            SELECT app_id, category, count(*) AS given
            FROM (SELECT app_id, unnest(list_distinct(gives)) AS category FROM granted)
            GROUP BY ALL
        ),
        accessed AS (
            SELECT app_id, arrangement, consent_version, categories, count(*) AS accesses,
                   max(app_name) AS app_name
            FROM entries WHERE type = 'access.permitted' GROUP BY ALL
        ),
        touched AS (
            SELECT accessed.app_id, unnest(list_distinct(categories)) AS category,
                   accesses, gives
            FROM accessed LEFT JOIN granted USING (arrangement, consent_version)
        ),
        used AS (
            SELECT app_id, category, sum(accesses)::BIGINT AS used,
                   coalesce(sum(accesses) FILTER (
                       gives IS NOT NULL AND NOT list_contains(gives, category)
                   ), 0)::BIGINT AS beyond
            FROM touched GROUP BY ALL
        ),
        named AS (
            SELECT app_id, max(app_name) AS app_name
            FROM (
                SELECT app_id, app_name FROM entries
                WHERE type IN ('app.registered', 'app.purpose_declared', 'consent.granted')
                UNION ALL SELECT app_id, app_name FROM accessed
            ) GROUP BY app_id
        )
        SELECT app_id, app_name, category, declared.app_id IS NOT NULL AS declared,
               coalesce(given, 0) AS given, coalesce(used, 0) AS used,
               coalesce(beyond, 0) AS beyond
        FROM declared
        FULL JOIN given USING (app_id, category)
        FULL JOIN used USING (app_id, category)
        LEFT JOIN named USING (app_id)
        ORDER BY beyond DESC, app_id, category
    """,  # noqa: S608  the scopes are constants of this product
    bars=Bars(("app_name", "category"), "used", Wording("アクセス数", "accesses")),
)
