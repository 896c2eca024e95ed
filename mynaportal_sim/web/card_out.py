"""A card or a phone with its certificates, in words."""

from dataclasses import dataclass
from datetime import datetime

from card_reader.spec import CardKind
from consent.instants import rfc3339
from mynaportal_sim.issuing import words
from mynaportal_sim.issuing.life import Status
from mynaportal_sim.issuing.model import Certificate, Holding
from mynaportal_sim.web.language import marked
from mynaportal_sim.web.render import Page

CARRIERS = {
    CardKind.CARD: marked("My Number Card"),
    CardKind.NO_PIN: marked("My Number Card without a PIN"),
    CardKind.NEXT: marked("Next card (hypothetical)"),
    CardKind.PHONE: marked("Certificates on a phone"),
}
_ISSUED_CARD, _ISSUED_PHONE = marked("Issued on"), marked("Certificates issued on")
_PURPOSES = (
    marked("User authentication certificate"),
    marked("Signing certificate"),
)


@dataclass(frozen=True, slots=True)
class CertificateOut:
    """One certificate: what for, how it stands, until when; None where there is none.

    `code` is the state as programs read it.
    """

    label: str
    code: str | None
    state: str | None
    tone: str
    not_after: datetime | None

    @classmethod
    def of(
        cls, label: str, one: Certificate | None, page: Page, now: datetime
    ) -> "CertificateOut":
        """`one` in the reader's language."""
        if one is None:
            return cls(page.text(label), None, None, "past", None)
        over = now > one.not_after
        said = words.OVER if over else words.CERTIFICATES[one.state]
        code = "expired" if over else one.state.value
        tone = "good" if one.good(now) else "bad"
        state = page.choose(said.ja, said.en)
        return cls(page.text(label), code, state, tone, one.not_after)


@dataclass(frozen=True, slots=True)
class HoldingOut:
    """One card or phone; `number` is its serial number."""

    carrier: str
    issued_label: str
    number: str
    code: str
    status: str
    tone: str
    since: datetime
    issued: datetime
    expires: datetime
    certificates: list[CertificateOut]

    @classmethod
    def of(cls, holding: Holding, page: Page, now: datetime) -> "HoldingOut":
        """`holding` in the reader's language."""
        status = holding.status(now)
        said = words.STATUSES[status]
        both = zip(_PURPOSES, (holding.authentication, holding.signing), strict=True)
        return cls(
            carrier=page.text(CARRIERS[holding.kind]),
            issued_label=page.text(_ISSUED_PHONE if holding.is_phone else _ISSUED_CARD),
            number=holding.id,
            code=status.value,
            status=page.choose(said.ja, said.en),
            tone="good" if status is Status.ACTIVE else "bad",
            since=holding.since,
            issued=holding.issued,
            expires=holding.expires,
            certificates=[CertificateOut.of(label, one, page, now) for label, one in both],
        )

    @property
    def plain(self) -> dict[str, object]:
        """The same for programs."""
        return {
            "carrier": self.carrier,
            "status": self.code,
            "since": rfc3339(self.since),
            "issued": rfc3339(self.issued),
            "expires": rfc3339(self.expires),
            "certificates": [
                {
                    "label": one.label,
                    "state": one.code,
                    "not_after": one.not_after and rfc3339(one.not_after),
                }
                for one in self.certificates
            ],
        }
