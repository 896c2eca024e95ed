"""What may be registered without keys."""

import pytest

from mynaportal_sim.apps.errors import RegistrationError

from .test_registration import checked, jwk, jwks


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        pytest.param({"jwks": jwks(jwk())}, "jwks", id="keys all the same"),
        pytest.param({"profile": "oidc"}, "profile", id="another profile"),
        pytest.param({"scopes": ("system/Patient.rs",)}, "scope", id="what takes a key"),
    ],
)
def test_a_public_client_is_a_smart_app_without_keys(
    changed: dict[str, object], field: str
) -> None:
    public = {"public": True, "jwks": "", "profile": "smart"}
    assert checked(**public).public
    assert not checked().public
    with pytest.raises(RegistrationError) as failure:
        checked(**{**public, **changed})
    assert failure.value.field == field
