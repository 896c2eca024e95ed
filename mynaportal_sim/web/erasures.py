"""What became of the data that an app holds once a consent has ended, in words."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from consent.catalogue import Catalogue
from consent.instants import instant, rfc3339
from mynaportal_sim.erasure.claims import Claims, Derived, Method, PassedOn, read
from mynaportal_sim.erasure.model import ErasureCase, State, Status
from mynaportal_sim.web.kept import category_labels
from mynaportal_sim.web.language import marked
from mynaportal_sim.web.render import Page

ERASURES = {
    Status.REQUESTED: (marked("The app was asked to erase"), "past"),
    Status.ACKNOWLEDGED: (marked("The app knows that it must erase"), "past"),
    Status.AWAITING_RECIPIENTS: (
        marked("The app certifies that it has erased; others still have to"),
        "care",
    ),
    Status.ATTESTED: (marked("The app certifies that it has erased"), "good"),
    Status.RETAINED_BY_LAW: (marked("A law makes the app keep it for now"), "care"),
    Status.OVERDUE: (marked("Erasure is overdue"), "bad"),
}
METHODS = {
    Method.DELETED: marked("Deleted"),
    Method.DEIDENTIFIED: marked("Kept without anything that tells whose they are"),
    Method.RETAINED_BY_LAW: marked("Kept, as a law demands"),
}
DERIVED = {
    Derived.NONE: marked("It had worked nothing out from them."),
    Derived.ERASED: marked("What it had worked out from them is erased too."),
    Derived.DEIDENTIFIED: marked(
        "What it had worked out from them no longer tells whose it is."
    ),
    Derived.RETAINED_BY_LAW: marked("What it had worked out from them is kept as well."),
}

RECIPIENTS = {
    "certified": marked("It certifies itself that it has erased"),
    "retained_by_law": marked("It certifies itself that a law makes it keep them for now"),
    "awaited": marked("Its own certificate is not here yet"),
    "app_word": marked("Only the app says that it has erased"),
}
"""How somebody stands to whom an app passed data."""


class CountOut(NamedTuple):
    """How many records of one kind an app held."""

    label: str
    records: int


@dataclass(frozen=True, slots=True)
class RecipientOut:
    """What is known of somebody to whom an app passed data, in words.

    `beyond` is whether the consent did not name them. `erased` is None where nobody says when;
    `records` and `token` are of its own certificate.
    """

    name: str
    beyond: bool
    state: str
    said: str
    records: int | None
    erased: datetime | None
    law: str
    until: datetime | None
    token: str

    @classmethod
    def of(cls, one: PassedOn, case: ErasureCase, page: Page) -> "RecipientOut":
        """Who is named in the certificate of a case."""
        own = one.own
        if own is not None:
            state = "retained_by_law" if own.retains else "certified"
        else:
            state = "awaited" if one.name in case.kept else "app_word"
        at = one.erased_at if own is None else own.erased_at
        return cls(
            name=one.name,
            beyond=one.name not in case.passed_on,
            state=state,
            said=page.text(RECIPIENTS[state]),
            records=None if own is None else own.total,
            erased=None if at is None else instant(at),
            law=own.law if own else "",
            until=None if own is None else own.retained_until,
            token=one.certificate or "",
        )

    @property
    def plain(self) -> dict[str, object]:
        """The same as programs get it."""
        return {
            "name": self.name,
            "beyond": self.beyond,
            "state": self.state,
            "said": self.said,
            "records": self.records,
            "erased": self.erased and rfc3339(self.erased),
            "law": self.law,
            "until": self.until and rfc3339(self.until),
            "token": self.token,
        }


@dataclass(frozen=True, slots=True)
class CertifiedOut:
    """What an app certifies, in words; `token` is the certificate itself."""

    method: str
    counts: list[CountOut]
    derived: str
    passed_on: list[RecipientOut]
    erased: datetime
    law: str
    until: datetime | None
    token: str

    @classmethod
    def of(cls, case: ErasureCase, catalogue: Catalogue, page: Page) -> "CertifiedOut | None":
        """The certificate of a case, if one was taken."""
        if not case.certificate:
            return None
        said: Claims = read(case.certificate)
        labels = category_labels(catalogue, said.counts, page)
        return cls(
            method=page.text(METHODS[said.method]),
            counts=[
                CountOut(label, count)
                for label, count in zip(labels, said.counts.values(), strict=True)
            ],
            derived=page.text(DERIVED[said.derived]),
            passed_on=[RecipientOut.of(one, case, page) for one in said.passed_on],
            erased=said.erased,
            law=said.law,
            until=said.retained_until,
            token=case.certificate,
        )

    @property
    def plain(self) -> dict[str, object]:
        """The certificate as programs get it."""
        return {
            "method": self.method,
            "counts": [one._asdict() for one in self.counts],
            "derived": self.derived,
            "passed_on": [one.plain for one in self.passed_on],
            "erased": rfc3339(self.erased),
            "law": self.law,
            "until": self.until and rfc3339(self.until),
            "token": self.token,
        }


@dataclass(frozen=True, slots=True)
class ErasureOut:
    """How an erasure stands, in words; `others` is whether it is not the app that is due."""

    state: str
    status: str
    tone: str
    due: datetime
    settled: bool
    others: bool
    certified: CertifiedOut | None

    @classmethod
    def of(
        cls, case: ErasureCase, catalogue: Catalogue, page: Page, now: datetime
    ) -> "ErasureOut":
        """`case` as it stands at `now`, in the reader's language."""
        status = case.status(now)
        label, tone = ERASURES[status]
        return cls(
            state=status.value,
            status=page.text(label),
            tone=tone,
            due=case.deadline,
            settled=case.state is State.ATTESTED,
            others=bool(case.awaited) and case.deadline != case.retained_until,
            certified=CertifiedOut.of(case, catalogue, page),
        )

    @property
    def plain(self) -> dict[str, object]:
        """The erasure as programs get it."""
        return {
            "state": self.state,
            "status": self.status,
            "due": rfc3339(self.due),
            "certified": self.certified and self.certified.plain,
        }
