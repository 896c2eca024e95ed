"""Where the answer to a request belongs, and the terms that it is an answer to."""

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from consent import service
from consent.errors import StaleVersionError
from consent.model import ConsentVersion, Notice, Terms, merged
from mynaportal_sim.oauth.interaction import Interaction
from mynaportal_sim.oauth.managed import Action

SERVICE = "fhir"


class Place(NamedTuple):
    """The service whose arrangement an answer is under, and what stands there.

    `amends` says that the answer counts on that; `beside` that other consents to the app stand.
    """

    service: str
    before: ConsentVersion | None
    amends: bool = False
    beside: bool = False

    def terms(self, taken: Interaction, now: datetime, notice: Notice) -> Terms:
        """What the person is asked; reading the page for long does not move the end."""
        wish, managing = taken.request.wish, taken.request.managing
        asked = wish.terms(now, taken.begun_at + wish.term.validity, notice)
        if self.before is None or managing is None or managing.action is not Action.MERGE:
            return asked
        return merged(replace(self.before.terms, usage=self.before.usage_left), asked)


def place(
    connection: Connection, resident_id: UUID, taken: Interaction, now: datetime
) -> Place:
    """Where the answer to an interaction belongs.

    Without any word about grants it is the one arrangement that an app has with a person as
    long as it knows of no others; what an app creates has a service of its own.

    Raises:
        StaleVersionError: a grant is named that is not this resident's, as the app knew it.
    """
    app_id, managing = taken.request.client_id, taken.request.managing
    if managing is None:
        return Place(SERVICE, service.last_granted(connection, resident_id, app_id, SERVICE))
    if managing.arrangement_id is None or managing.version_id is None:
        others = service.in_force(connection, resident_id, app_id, now)
        return Place(f"{SERVICE}/{taken.id}", None, beside=bool(others))
    named = service.arrangement(connection, resident_id, managing.arrangement_id)
    before = service.newest(connection, resident_id, managing.arrangement_id)
    if named is None or before is None or before.id != managing.version_id:
        raise StaleVersionError(managing.version_id)
    return Place(named.service, before, amends=True)
