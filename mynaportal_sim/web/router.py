"""Every page, and what apps read of themselves."""

from fastapi import APIRouter

from mynaportal_sim.web import (
    access,
    alerts,
    app_consents,
    app_events,
    app_view,
    consent_documents,
    consents,
    docs,
    exchanges,
    history,
    interactions,
    login,
    overview,
    prohibitions,
    provision_records,
    second_device,
    start,
    waiting,
    withdrawing,
)

_CONSENTING = (
    interactions, waiting, withdrawing, consents, consent_documents, prohibitions,
)  # fmt: skip
_DECIDING = (start, login, second_device, *_CONSENTING)
_LOOKING_BACK = (history, overview, access, alerts, exchanges, provision_records)
router = APIRouter()
for _room in (*_DECIDING, *_LOOKING_BACK, app_view, app_events, app_consents, docs):
    router.routes.extend(_room.router.routes)
