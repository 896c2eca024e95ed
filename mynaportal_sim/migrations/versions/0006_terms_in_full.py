"""Terms in full, uses, and who did what to a consent"""

import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_versions = sa.table(
    "consent_versions",
    sa.column("resident_id", sa.Uuid()),
    sa.column("id", sa.Uuid()),
    sa.column("asked", sa.String()),
    sa.column("terms", sa.String()),
)
_MONTH = 30 * 24 * 3600
# What every consent of before meant, as far as it did not say so.
_NEW_TERMS = {
    "onward_transfer": "prohibited",
    "usage": [None, 0],
    "retention": [None, "delete", _MONTH],
    "research_terms": [],
    "minimum_cell": 0,
}


def upgrade() -> None:
    """Bring the tables from the revision before to this one."""
    op.create_table(
        "consent_uses",
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("token_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("resident_id", "version_id", "token_id"),
    )
    for column in (
        sa.Column("state_by", sa.String(), nullable=False, server_default="person"),
        sa.Column("granter_role", sa.String(), nullable=False, server_default="self"),
        sa.Column("mandate_id", sa.Uuid(), nullable=True),
        sa.Column("uses", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
    ):
        op.add_column("consent_versions", column)
    for column in (
        sa.Column("actor", sa.String(), nullable=False, server_default="person"),
        sa.Column("reason", sa.String(), nullable=False, server_default=""),
    ):
        op.add_column("consent_events", column)
    _rewrite(_longer_rules, _longer_terms)
    _drop_what_is_under_way()


def downgrade() -> None:
    """Bring the tables back to the revision before; what it had no words for is lost."""
    _rewrite(_shorter_rules, _shorter_terms)
    _drop_what_is_under_way()
    for name in ("reason", "actor"):
        op.drop_column("consent_events", name)
    for name in ("used_at", "uses", "mandate_id", "granter_role", "state_by"):
        op.drop_column("consent_versions", name)
    op.drop_table("consent_uses")


def _drop_what_is_under_way() -> None:
    """Requests live for minutes, and are kept in the form that their code reads."""
    for name in ("interactions", "pushed_requests"):
        op.get_bind().execute(sa.delete(sa.table(name)))


# Any: JSON that earlier code wrote, as it wrote it.
def _rewrite(rules: Callable[[Any], Any], terms: Callable[[Any], Any]) -> None:
    connection = op.get_bind()
    for row in connection.execute(sa.select(_versions)).all():
        connection.execute(
            sa.update(_versions)
            .where(_versions.c.resident_id == row.resident_id, _versions.c.id == row.id)
            .values(
                asked=json.dumps(rules(json.loads(row.asked))),
                terms=json.dumps(terms(json.loads(row.terms)), ensure_ascii=False),
            )
        )


def _longer_rules(rules: list[list[str]]) -> list[dict[str, Any]]:
    rest = {"rolling_days": 0, "codes": [], "labels": [], "items": [], "effect": "permit"}
    return [{"category": one[0], "from": one[1], "to": one[2], **rest} for one in rules]


def _shorter_rules(rules: list[dict[str, Any]]) -> list[list[str]]:
    return [
        [one["category"], one["from"], one["to"]] for one in rules if one["effect"] == "permit"
    ]


def _longer_terms(terms: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: value for name, value in terms.items() if name != "supervisor"},
        **_NEW_TERMS,
        "rules": _longer_rules(terms["rules"]),
        "purpose": [*terms["purpose"], 1],
        "recipients": [[name, "JP", "recipient"] for name in terms["recipients"]],
        "notice": [*terms["notice"], ""],
        "supervision": [terms["supervisor"], "", ""],
    }


def _shorter_terms(terms: dict[str, Any]) -> dict[str, Any]:
    kept = {name: terms[name] for name in ("actions", "legal_basis")}
    return {
        **kept,
        "rules": _shorter_rules(terms["rules"]),
        "purpose": terms["purpose"][:2],
        "recipients": [name for name, *_ in terms["recipients"]],
        "notice": terms["notice"][:2],
        "supervisor": terms["supervision"][0],
    }
