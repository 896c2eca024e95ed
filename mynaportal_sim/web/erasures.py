"""What became of the data that an app holds once a consent has ended, in words."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from consent.catalogue import Catalogue
from consent.instants import rfc3339
from mynaportal_sim.erasure import certificate
from mynaportal_sim.erasure.certificate import Claims, Derived, Method
from mynaportal_sim.erasure.model import ErasureCase, State, Status
from mynaportal_sim.web.kept import category_labels
from mynaportal_sim.web.language import marked
from mynaportal_sim.web.render import Page

ERASURES = {
    Status.REQUESTED: (marked("The app was asked to erase"), "past"),
    Status.ACKNOWLEDGED: (marked("The app knows that it must erase"), "past"),
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


class CountOut(NamedTuple):
    """How many records of one kind an app held."""

    label: str
    records: int


@dataclass(frozen=True, slots=True)
class CertifiedOut:
    """What an app certifies, in words; `token` is the certificate itself."""

    method: str
    counts: list[CountOut]
    derived: str
    passed_on: list[str]
    erased: datetime
    law: str
    until: datetime | None
    token: str

    @classmethod
    def of(cls, case: ErasureCase, catalogue: Catalogue, page: Page) -> "CertifiedOut | None":
        """The certificate of a case, if one was taken."""
        if case.state not in {State.ATTESTED, State.RETAINED_BY_LAW}:
            return None
        said: Claims = certificate.read(case.certificate)
        labels = category_labels(catalogue, said.counts, page)
        return cls(
            method=page.text(METHODS[said.method]),
            counts=[
                CountOut(label, count)
                for label, count in zip(labels, said.counts.values(), strict=True)
            ],
            derived=page.text(DERIVED[said.derived]),
            passed_on=[one.name for one in said.passed_on],
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
            "passed_on": self.passed_on,
            "erased": rfc3339(self.erased),
            "law": self.law,
            "until": self.until and rfc3339(self.until),
            "token": self.token,
        }


@dataclass(frozen=True, slots=True)
class ErasureOut:
    """How an erasure stands, in words."""

    state: str
    status: str
    tone: str
    due: datetime
    settled: bool
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
