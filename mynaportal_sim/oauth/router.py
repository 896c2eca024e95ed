"""Every route of the authorization server."""

from fastapi import APIRouter

from mynaportal_sim.oauth import authorize, introspect, metadata, par, revoke, token

router = APIRouter(tags=["oauth"])
for endpoint in (metadata, par, authorize, token, introspect, revoke):
    router.include_router(endpoint.router)
