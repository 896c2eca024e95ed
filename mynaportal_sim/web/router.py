"""Every page."""

from fastapi import APIRouter

from mynaportal_sim.web import consents, history, interactions, login, start

router = APIRouter()
for _room in (start, login, interactions, consents, history):
    router.routes.extend(_room.router.routes)
