"""Every row of the table, in the order in which it is measured and printed."""

from mynaportal_sim.cli.benchmarks import (
    agent,
    card,
    decisions,
    endpoints,
    issuing,
    ledger,
    merkle,
    ocsp,
    pages,
    reader,
    research,
    starting,
    withdrawing,
)
from mynaportal_sim.cli.benchmarks.row import Goal, Row
from mynaportal_sim.cli.failures import CommandError

_SIGNED = "private_key_jwt + DPoP, stored durably"

ROWS: tuple[Row, ...] = (
    Row(
        "decide",
        "decide() on a person with 50 consents",
        Goal("/s", at_least=50_000),
        decisions.decisions,
    ),
    Row("card", "signature by the emulated card", Goal("/s", of_peer=0.8), card.signatures),
    Row(
        "issuing",
        "1,000 whole cards issued, registered and on disk, with their keys",
        Goal("s", at_most=300),
        issuing.with_keys,
    ),
    Row(
        "issuing-ready",
        "the same from keys made ahead",
        Goal("s", at_most=10),
        issuing.from_ready_keys,
    ),
    Row(
        "reader-sign",
        "signature through PC/SC, pcscd and a virtual reader",
        Goal("/s", at_least=1000),
        reader.signatures,
    ),
    Row(
        "reader-read",
        "READ BINARY of 256 bytes through the same",
        Goal("/s", at_least=3000),
        reader.reads,
    ),
    Row("ledger-hash", "leaf hashing", Goal("/s", at_least=500_000), ledger.leaf_hashing),
    Row(
        "ledger-append",
        "filled outbox to committed checkpoint, SQLite",
        Goal("/s", at_least=10_000),
        ledger.sequencing,
    ),
    Row(
        "ledger-proof",
        "inclusion proof at 1,000,000 entries",
        Goal("ms", at_most=1),
        ledger.proving,
    ),
    Row(
        "ledger-verify",
        "verifying 1,000,000 stored leaves",
        Goal("s", at_most=5),
        ledger.verifying,
    ),
    Row(
        "research-export",
        "`ledger export` of 1,000,000 entries to Parquet, whole",
        Goal("s", at_most=20),
        research.exporting,
    ),
    Row(
        "research-ask",
        "the slowest question, on 1,000,000 entries",
        Goal("s", at_most=2),
        research.asking,
    ),
    Row(
        "merkle-grow",
        "leaves into a Merkle tree in memory",
        Goal("/s", of_peer=1),
        merkle.growing,
    ),
    Row(
        "merkle-append",
        "leaves to committed and signed roots, SQLite",
        Goal("/s", at_least=10_000),
        merkle.appending,
    ),
    Row(
        "merkle-proof",
        "inclusion proofs, SQLite",
        Goal("/s", at_least=1000),
        merkle.proving,
    ),
    Row("up", "second start to the first page", Goal("s", at_most=2), starting.second_start),
    Row("metadata", "GET discovery", Goal("/s", of_peer=0.8), endpoints.metadata),
    Row("jwks", "GET key set", Goal("/s", of_peer=0.8), endpoints.jwks),
    Row("par", f"PAR, {_SIGNED}", Goal("/s", of_peer=0.8), endpoints.pushed_requests),
    Row(
        "token-own",
        f"token by client_credentials, {_SIGNED}",
        Goal("/s", of_peer=0.8),
        endpoints.own_tokens,
    ),
    Row(
        "token-code", f"tokens for a code, {_SIGNED}", Goal("/s", of_peer=0.8), endpoints.codes
    ),
    Row(
        "token-refresh",
        f"token by refresh, {_SIGNED}",
        Goal("/s", of_peer=0.8),
        endpoints.refreshes,
    ),
    Row(
        "introspect",
        "introspection, private_key_jwt, consent re-read",
        Goal("/s", at_least=1500, of_peer=0.25),
        endpoints.introspections,
    ),
    Row(
        "fhir",
        "FHIR read through the gate, DPoP",
        Goal("/s", at_least=600),
        endpoints.reads,
    ),
    Row(
        "fhir-p99",
        "99th percentile of the same reads",
        Goal("ms", at_most=50),
        endpoints.slowest_reads,
    ),
    Row(
        "withdrawal",
        "from a withdrawal's commit in another process to the last answer with data, p99",
        Goal("ms", at_most=100),
        withdrawing.refusal,
    ),
    Row(
        "pages",
        "the slowest page, from request to last byte",
        Goal("ms", at_most=50),
        pages.slowest,
    ),
    Row("login", "soft-card logins, whole", Goal("/s", at_least=150), endpoints.logins),
    Row("ocsp", "OCSP answers, with a nonce", Goal("/s", at_least=300), ocsp.answers),
    Row(
        "reader-login",
        "login with a card on a reader, whole, without the person",
        Goal("ms", at_most=100),
        reader.login,
    ),
    Row(
        "reader-agent",
        "the same from the page through the agent, asked at a terminal",
        Goal("ms", at_most=400),
        agent.login,
    ),
    Row("agent-ready", "the agent's start", Goal("s", at_most=1), agent.ready),
    Row("agent-idle", "the agent's process at rest", Goal("MB", at_most=60), agent.idle),
    Row("memory", "portal process after that", Goal("MB", at_most=200), starting.memory),
)


def chosen(names: list[str]) -> list[Row]:
    """The rows that `names` name, all for none; `ledger` names each that begins with `ledger-`.

    Raises:
        CommandError: a name is no row's.
    """
    for name in names:
        if not any(_is_named(row.name, name) for row in ROWS):
            known = ", ".join(row.name for row in ROWS)
            raise CommandError(f"there is no row {name}; choose of {known}")
    return [
        row for row in ROWS if not names or any(_is_named(row.name, name) for name in names)
    ]


def _is_named(row: str, name: str) -> bool:
    return row == name or row.startswith(f"{name}-")
