"""Every page, and what apps read of themselves."""

from fastapi import APIRouter

from mynaportal_sim.web import (
    access,
    acting_for,
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
    proxies,
    second_device,
    start,
    waiting,
)

_DECIDING = (start, login, second_device, interactions, waiting, consents, prohibitions)
_ACTING = (proxies, acting_for)
_LOOKING_BACK = (history, overview, access, alerts, exchanges, provision_records)
router = APIRouter()
for _room in (*_DECIDING, *_ACTING, *_LOOKING_BACK, app_view, docs):
    router.routes.extend(_room.router.routes)
