"""Every route of the authorization server; its documents are `metadata.Published`."""

from fastapi import APIRouter

from mynaportal_sim.oauth import (
    authorize,
    device_authorization,
    grant_management,
    introspect,
    managed_registration,
    par,
    register,
    revoke,
    token,
    userinfo,
)

router = APIRouter(tags=["oauth"])
for endpoint in (
    par,
    authorize,
    token,
    introspect,
    userinfo,
    revoke,
    device_authorization,
    grant_management,
    register,
    managed_registration,
):
    router.routes.extend(endpoint.router.routes)
