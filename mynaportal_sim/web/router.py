"""Every page, and what apps read of themselves."""

from fastapi import APIRouter

from mynaportal_sim.web import (
    app_view,
    consents,
    docs,
    exchanges,
    history,
    interactions,
    login,
    provision_records,
    second_device,
    start,
)

_ROOMS = (
    start,
    login,
    second_device,
    interactions,
    consents,
    history,
    exchanges,
    provision_records,
    app_view,
    docs,
)
router = APIRouter()
for _room in _ROOMS:
    router.routes.extend(_room.router.routes)
