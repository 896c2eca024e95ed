"""Which certificate took the place of which, from the first to the newest.

A chain is read whole: an old certificate leads to the newest, the newest to the first, under
which whatever is to outlive renewals is kept. Of a certificate that took the place of two,
nobody can tell which was first.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, and_, select

from card_reader.spec import CardKind, Kind
from consent.instants import instant
from mynaportal_sim.issuing.life import State
from mynaportal_sim.issuing.model import Named
from mynaportal_sim.issuing.tables import card_certificates, cards
from mynaportal_sim.pki.model import RevocationReason, state_of
from mynaportal_sim.pki.model import State as CertificateState
from mynaportal_sim.pki.store import certificates


class OnCard(NamedTuple):
    """The card that a certificate is or was on."""

    id: str
    kind: CardKind
    state: State


@dataclass(frozen=True, slots=True)
class Link:
    """A certificate in its chain: whose it is, since when, and what its register says."""

    name: Named
    resident_id: UUID
    kind: Kind
    card: OnCard
    since: datetime
    not_after: datetime
    revoked_at: datetime | None
    reason: RevocationReason | None
    next: Named | None

    @property
    def state(self) -> CertificateState:
        """What its register says; that it has ended, the clock does."""
        return state_of(self.reason)

    def good(self, now: datetime) -> bool:
        """Whether it is neither held nor revoked nor over."""
        return self.reason is None and now <= self.not_after


@dataclass(frozen=True, slots=True)
class Chain:
    """Certificates each of which took the place of the one before; `of` is one of them.

    The first of them is None where several were replaced by one.
    """

    first: Link | None
    of: Link
    later: tuple[Link, ...]

    @property
    def newest(self) -> Link:
        """The one whose place none has taken yet."""
        return self.later[-1] if self.later else self.of


_WHOSE = select(certificates.c.resident_id)
_LINKS = (
    select(
        card_certificates,
        certificates.c.resident_id,
        certificates.c.not_after_at,
        certificates.c.revoked_at,
        certificates.c.revocation_reason,
        cards.c.kind.label("card_kind"),
        cards.c.state.label("card_state"),
    )
    .join(
        certificates,
        and_(
            certificates.c.issuer_key_hash == card_certificates.c.issuer_key_hash,
            certificates.c.serial == card_certificates.c.serial,
        ),
    )
    .join(cards, cards.c.id == card_certificates.c.card_id)
)


def chain_of(connection: Connection, name: Named) -> Chain | None:
    """The chain that a certificate is a part of; None if no register has it."""
    whose = _WHOSE.where(
        certificates.c.issuer_key_hash == name.issuer, certificates.c.serial == name.serial
    )
    rows = connection.execute(_LINKS.where(certificates.c.resident_id.in_(whose)))
    links = {link.name: link for link in map(_link, rows)}
    return through(links, name) if name in links else None


def chains_of(connection: Connection, resident_id: UUID) -> list[Chain]:
    """Each chain of a person's, at its newest certificate."""
    rows = connection.execute(_LINKS.where(certificates.c.resident_id == resident_id))
    links = {link.name: link for link in map(_link, rows)}
    newest = (link for link in links.values() if link.next not in links)
    return [through(links, link.name) for link in newest]


def through(links: Mapping[Named, Link], name: Named) -> Chain:
    """The chain through a certificate that is among these."""
    before: dict[Named, list[Link]] = defaultdict(list)
    for link in links.values():
        if link.next is not None:
            before[link.next].append(link)
    later: list[Link] = []
    newest = links[name]
    while newest.next is not None and (following := links.get(newest.next)) is not None:
        later.append(following)
        newest = following
    first: Link | None = newest
    while first is not None and (replaced := before[first.name]):
        first = _only(replaced)
    return Chain(first, links[name], tuple(later))


def _only(replaced: Sequence[Link]) -> Link | None:
    return replaced[0] if len(replaced) == 1 else None


# Any: a row's columns have no static types in Core.
def _link(row: Row[Any]) -> Link:
    replaced = row.next_serial is not None
    reason = row.revocation_reason
    return Link(
        name=Named(row.issuer_key_hash, row.serial),
        resident_id=row.resident_id,
        kind=Kind(row.kind),
        card=OnCard(row.card_id, CardKind(row.card_kind), State(row.card_state)),
        since=instant(row.issued_at),
        not_after=instant(row.not_after_at),
        revoked_at=None if row.revoked_at is None else instant(row.revoked_at),
        reason=None if reason is None else RevocationReason(reason),
        next=Named(row.next_issuer, row.next_serial) if replaced else None,
    )
