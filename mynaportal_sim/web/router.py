"""Every page."""

from fastapi import APIRouter

from mynaportal_sim.web import (
    consents,
    docs,
    exchanges,
    history,
    interactions,
    login,
    second_device,
    start,
)

router = APIRouter()
for _room in (start, login, second_device, interactions, consents, history, exchanges, docs):
    router.routes.extend(_room.router.routes)
