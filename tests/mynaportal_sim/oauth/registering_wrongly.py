"""What an app sends that registers itself or manages that, and does not hold: by check."""

import threading
from collections.abc import Callable
from secrets import token_bytes

import httpx

from mynaportal_sim.apps import invites, registration_tokens
from mynaportal_sim.oauth.server import TRIES

from .conftest import Portal
from .kit import public_jwk
from .registering import Document, Newcomer, invited, serving

Sends = Callable[[Portal], httpx.Response]


def _registers(
    token: Callable[[Portal], str] = invited, /, body: bytes | None = None, **said: object
) -> Sends:
    def sends(portal: Portal) -> httpx.Response:
        given = token(portal)
        if body is None:
            return Newcomer(portal).register(given, **said)
        return Newcomer(portal).send("POST", "/register", given, body.decode())

    return sends


def _registers_what_was_revoked_meanwhile(portal: Portal) -> httpx.Response:
    newcomer = Newcomer(portal)
    with serving(public_jwk(newcomer.key)) as endpoint:
        token, ended = invited(portal), threading.Event()

        def revoke() -> None:
            [invite] = portal.server.database.run(invites.every)
            ended_by = (invite.id, portal.clock.now(), token_bytes)
            portal.server.database.run(invites.revoke, *ended_by)
            ended.set()

        endpoint.meanwhile = revoke
        answered = newcomer.register(token, jwks=None, jwks_uri=endpoint.jwks_uri)
        assert ended.is_set()
        return answered


def _tries(times: int) -> Sends:
    def sends(portal: Portal) -> httpx.Response:
        token = invited(portal)
        for _ in range(times - 1):
            assert Newcomer(portal).register(token, jwks=None).status_code == 400
        return Newcomer(portal).register(token)

    return sends


def _manages_registration(method: str = "PUT", /, **said: object) -> Sends:
    def sends(portal: Portal) -> httpx.Response:
        newcomer = Newcomer(portal)
        return newcomer.manage(newcomer.registered(), method, **said)

    return sends


def _changes_by_what_was_revoked_meanwhile(portal: Portal) -> httpx.Response:
    newcomer = Newcomer(portal)
    told = newcomer.registered()
    with serving(public_jwk(newcomer.key)) as endpoint:

        def revoke() -> None:
            ended_by = (str(told["client_id"]), portal.clock.now(), token_bytes)
            _, ended = portal.server.database.run(registration_tokens.revoke, *ended_by)
            assert ended

        endpoint.meanwhile = revoke
        said: Document = {"jwks": None, "jwks_uri": endpoint.jwks_uri}
        return newcomer.manage(told, "PUT", **said)


def _manages_as_another(portal: Portal) -> httpx.Response:
    told, other = (Newcomer(portal).registered() for _ in range(2))
    mixed = {**told, "registration_access_token": other["registration_access_token"]}
    return Newcomer(portal).manage(mixed, "GET")


REGISTERING: dict[str, Sends] = {
    "registration_token_is_in_the_header": _registers(lambda _: ""),
    "invitation_stands": _registers(lambda _: "invented"),
    "tries_are_few": _tries(TRIES + 1),
    "metadata_are_an_object": _registers(body=b"[]"),
    "members_have_their_types": _registers(client_name=1),
    "no_software_statement": _registers(software_statement="a.b.c"),
    "authenticates_by_its_key": _registers(token_endpoint_auth_method="none"),
    "signs_as_its_profile": _registers(token_endpoint_auth_signing_alg="none"),
    "grant_types_are_known": _registers(grant_types=["implicit"]),
    "response_types_are_code": _registers(response_types=["token"]),
    "subject_type_is_pairwise": _registers(subject_type="public"),
    "id_tokens_are_signed_so": _registers(id_token_signed_response_alg="none"),
    "profile_does_so": _registers(mynasim_profile="oidc", dpop_bound_access_tokens=True),
    "details_types_are_known": _registers(authorization_details_types=["payment"]),
    "keys_come_in_one_way": _registers(jwks=None),
    "organisation_is_the_invited": _registers(lambda portal: invited(portal, "別の会社")),
    "keys_can_be_read": _registers(jwks=None, jwks_uri="http://127.0.0.1:9/"),
    "sector_has_the_redirect_uris": _registers(sector_identifier_uri="http://127.0.0.1:9/"),
    "app_may_be_registered": _registers(scope="user/*.cruds"),
    "invitation_is_not_used_up": _registers_what_was_revoked_meanwhile,
    "registration_token_is_the_clients": _manages_as_another,
    "registration_token_still_counts": _changes_by_what_was_revoked_meanwhile,
    "names_this_client": _manages_registration(client_id="another"),
    "stays_what_people_are_asked": _manages_registration(scope="openid"),
}
