"""Every page."""

from fastapi import APIRouter

from mynaportal_sim.web import (
    access,
    alerts,
    consents,
    docs,
    history,
    interactions,
    login,
    overview,
    second_device,
    start,
)

router = APIRouter()
_DECIDING = (start, login, second_device, interactions, consents)
_LOOKING_BACK = (history, overview, access, alerts)
for _room in (*_DECIDING, *_LOOKING_BACK, docs):
    router.routes.extend(_room.router.routes)
