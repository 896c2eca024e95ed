"""What the simulated authorities publish: certificates, revocation lists, their practice."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from card_reader.spec import Kind
from consent.japan import day_of
from mynaportal_sim.deps import DatabaseDep, NowDep
from mynaportal_sim.login.ocsp_client import OcspClient
from mynaportal_sim.pki import service
from mynaportal_sim.pki.authority import Authorities, Authority
from mynaportal_sim.pki.model import Family
from mynaportal_sim.pki.ocsp.messages import REQUEST_MAX
from mynaportal_sim.pki.ocsp.responder import TRY_LATER
from mynaportal_sim.web.errors import NoSuchPublishedError
from mynaportal_sim.web.kept import PortalDep
from mynaportal_sim.web.language import marked
from mynaportal_sim.web.render import PageDep

router = APIRouter(prefix="/pki")

FAMILIES: Mapping[Family, str] = {
    Family.CARD: marked("the card"),
    Family.PHONE: marked("a phone"),
    Family.NEXT: marked("the next card (hypothetical)"),
}
KINDS: Mapping[Kind, str] = {
    Kind.USER_AUTHENTICATION: marked("user authentication"),
    Kind.SIGNING: marked("digital signatures"),
}
_LIST = {"Content-Type": "application/pkix-crl", "Cache-Control": "no-store"}
_ANSWER = {"Content-Type": "application/ocsp-response", "Cache-Control": "no-store"}
_CERTIFICATE = {"Content-Type": "application/pkix-cert"}


async def _authorities(request: Request) -> Authorities:
    known: Authorities = request.app.state.authority
    return known.fresh()


AuthoritiesDep = Annotated[Authorities, Depends(_authorities)]


def _named(authorities: Authorities, name: str) -> Authority:
    found = authorities.named(name)
    if found is None:
        raise NoSuchPublishedError
    return found


@router.get("/cps.html")
async def practice(page: PageDep, portal: PortalDep, authorities: AuthoritiesDep) -> Response:
    """Say what the certificates are worth, and where all that is about them lies."""
    now, settings = portal.now, portal.settings
    ocsp = settings.ocsp_url if settings.ocsp else None
    told = [_told(one, authorities, now) for one in authorities.every]
    if page.for_program:
        return page.data({"ocsp": ocsp, "authorities": told})
    shown = [
        {
            **document,
            "family": page.text(FAMILIES[authority.family]),
            "kind": page.text(KINDS[authority.kind]),
            "end": day_of(authority.certificate.not_valid_after_utc),
        }
        for document, authority in zip(told, authorities.every, strict=True)
    ]
    return page("authorities.html", {"authorities": shown, "ocsp": ocsp})


@router.get("/ca/{name}.cer")
async def certificate(name: str, authorities: AuthoritiesDep) -> Response:
    """An authority's own certificate, in DER."""
    return Response(_named(authorities, name).der, headers=_CERTIFICATE)


@router.get("/crl/{name}.crl")
async def whole_list(
    name: str, authorities: AuthoritiesDep, db: DatabaseDep, now: NowDep
) -> Response:
    """All that an authority has revoked, in DER."""
    der = await db.write(service.keep_fresh, _named(authorities, name), now)
    return Response(der, headers=_LIST)


@router.get("/crl/{name}/{municipality}.crl")
async def partial_list(
    name: str, municipality: str, authorities: AuthoritiesDep, db: DatabaseDep, now: NowDep
) -> Response:
    """What an authority has revoked of the certificates of one municipality, in DER."""
    der = await db.write(service.partial, _named(authorities, name), municipality, now)
    if der is None:
        raise NoSuchPublishedError
    return Response(der, headers=_LIST)


@router.post("/ocsp/{kind}", include_in_schema=False)
async def relayed(kind: str, request: Request) -> Response:
    """What the responder answers.

    Certificates that were made before it had a port of its own name this address.
    """
    responder: OcspClient | None = request.app.state.ocsp
    if responder is None or kind not in set(Kind):
        raise NoSuchPublishedError
    asked = b""
    async for chunk in request.stream():
        asked += chunk
        if len(asked) > REQUEST_MAX:
            break  # which the responder calls malformed
    return Response(await responder.relay(asked) or TRY_LATER, headers=_ANSWER)


def _told(authority: Authority, authorities: Authorities, now: datetime) -> dict[str, object]:
    end = authority.certificate.not_valid_after_utc
    return {
        "name": authority.name,
        "subject": authority.certificate.subject.rfc4514_string(),
        "serial": f"{authority.certificate.serial_number:08X}",
        "until": end.isoformat(),
        "issues": authorities.issues(authority, now),
        "ended": now > end,
        "certificate": f"/pki/ca/{authority.name}.cer",
        "list": f"/pki/crl/{authority.name}.crl",
    }
