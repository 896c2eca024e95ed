"""A mandate in words, as pages and programs get it."""

from dataclasses import asdict, dataclass
from datetime import datetime

from consent.instants import rfc3339
from consent.mandate import Mandate
from consent.model import Role
from mynaportal_sim.web.kept import Portal, category_labels
from mynaportal_sim.web.render import Page
from mynaportal_sim.web.wording import ACTS, MANDATE_STATUSES, ROLES


@dataclass(frozen=True, slots=True)
class MandateOut:
    """That somebody may act for somebody; `name` is the other one's, empty while it is open.

    `categories` is empty where all kinds of data are meant, `until` None where nothing is set.
    `ends_here` says whether a person ends it on their page.
    """

    id: str
    principal: str
    name: str
    role: str
    acts: list[str]
    categories: list[str]
    since: datetime
    until: datetime | None
    evidence: str
    state: str
    status: str
    tone: str
    ends_here: bool
    kept_away: bool = False

    @classmethod
    def of(
        cls, one: Mandate, name: str, portal: Portal, page: Page, *, kept_away: bool = False
    ) -> "MandateOut":
        """`one` in the reader's language."""
        status = one.status(portal.now)
        label, tone = MANDATE_STATUSES[status]
        ends = [at for at in (one.valid_until, one.lapses_at) if at is not None]
        categories = sorted(one.scope.categories or ())
        return cls(
            id=str(one.id),
            principal=str(one.principal),
            name=name,
            role=page.text(ROLES[one.role]),
            acts=[page.text(ACTS[act]) for act in ACTS if act in one.scope.acts],
            categories=category_labels(portal.catalogue, categories, page),
            since=one.valid_from,
            until=min(ends, default=None),
            evidence=one.evidence,
            state=status.value,
            status=page.text(label),
            tone=tone,
            ends_here=one.role is Role.PROXY and status.value in _LASTING,
            kept_away=kept_away,
        )

    @property
    def plain(self) -> dict[str, object]:
        """The same for programs."""
        until = self.until and rfc3339(self.until)
        return asdict(self) | {"since": rfc3339(self.since), "until": until}


_LASTING = frozenset({"proposed", "active", "suspended"})
