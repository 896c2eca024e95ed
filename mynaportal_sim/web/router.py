"""Every page, and what apps read of themselves."""

from fastapi import APIRouter

from mynaportal_sim.web import (
    access,
    alerts,
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
    receipts,
    second_device,
    signature,
    start,
)

_DECIDING = (
    start,
    login,
    second_device,
    interactions,
    signature,
    consents,
    receipts,
    prohibitions,
)
_LOOKING_BACK = (history, overview, access, alerts, exchanges, provision_records)
router = APIRouter()
for _room in (*_DECIDING, *_LOOKING_BACK, app_view, docs):
    router.routes.extend(_room.router.routes)
