"""Every page, and what apps read of themselves."""

from fastapi import APIRouter

from mynaportal_sim.web import (
    access,
    alerts,
    app_consents,
    app_events,
    app_view,
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
    statistics,
    waiting,
    withdrawing,
    without_consent,
)

_CONSENTING = (interactions, waiting, withdrawing, consents, prohibitions)
_DECIDING = (start, login, second_device, *_CONSENTING)
_LOOKING_BACK = (history, overview, access, alerts, exchanges, provision_records)
_WITHOUT_CONSENT = (without_consent, statistics)
router = APIRouter()
for _room in (
    *_DECIDING,
    *_LOOKING_BACK,
    *_WITHOUT_CONSENT,
    app_view,
    app_events,
    app_consents,
    docs,
):
    router.routes.extend(_room.router.routes)
