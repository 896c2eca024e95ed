"""Every route of this room."""

from fastapi import APIRouter

from mynaportal_sim.verifiers import attributes, status, successor, user_ids

router = APIRouter(tags=["verifiers"])
for endpoint in (status, successor, attributes, user_ids):
    router.routes.extend(endpoint.router.routes)
