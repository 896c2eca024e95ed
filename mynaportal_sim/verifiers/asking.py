"""What a verifier sends: who it is, and a whole certificate.

A form, or the same names in a JSON object:

    {"certificate": "<DER in base64>",
     "client_assertion_type": "…", "client_assertion": "…"}

A bare serial number is never taken: serials are short and can be guessed, whereas a certificate
is had only from the person who showed it.
"""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request

from mynaportal_sim.apps.model import App
from mynaportal_sim.issuing.model import Named
from mynaportal_sim.jose import JoseError, strict_json
from mynaportal_sim.oauth import form
from mynaportal_sim.oauth.client_authentication import Client, authenticate
from mynaportal_sim.oauth.errors import InvalidRequestError
from mynaportal_sim.oauth.server import Server
from mynaportal_sim.oauth.trail import trail_of
from mynaportal_sim.pki.authority import Authorities
from mynaportal_sim.pki.certificate import Anchor, Leaf
from mynaportal_sim.pki.errors import MalformedCertificateError
from mynaportal_sim.verifiers.errors import NoCertificateError, NotAVerifierError

CERTIFICATE = "certificate"
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A question of a verifier that has proven itself; its assertion is still to be used up."""

    client: Client
    parameters: Mapping[str, str]
    now: datetime

    @property
    def app(self) -> App:
        return self.client.app


async def asked(request: Request, server: Server) -> Inquiry:
    """What a request asks.

    Raises:
        InvalidRequestError: the body is neither a form nor such an object.
        InvalidClientError: nobody has proven to have sent it.
        NotAVerifierError: an app sent it that may not ask.
    """
    now = server.now()
    parameters = await _read(request)
    client = await authenticate(server, request, parameters, now)
    if not client.app.verifier:
        raise NotAVerifierError
    return Inquiry(client, parameters, now)


async def _read(request: Request) -> dict[str, str]:
    if form.is_borne_by(request):
        return await form.read(request)
    try:
        found = strict_json(await form.read_body(request, _JSON))
    except JoseError as error:
        raise InvalidRequestError(str(error)) from None
    if not isinstance(found, dict):
        raise InvalidRequestError("the body must be a JSON object")
    parameters = {name: value for name, value in found.items() if isinstance(value, str)}
    if len(parameters) < len(found):
        raise InvalidRequestError("each member must be a string")
    trail_of(request).parameters = parameters
    return {name: value for name, value in parameters.items() if value}


@dataclass(frozen=True, slots=True)
class Shown:
    """A certificate as somebody sent it: its name in a register, if an authority signed it."""

    name: Named | None = None

    @property
    def why_unknown(self) -> str:
        """Why no register has it, if none has."""
        return "not_registered" if self.name else "issuer_unknown"


def certificate_in(parameters: Mapping[str, str], authorities: Authorities) -> Shown:
    """The certificate that a request bears.

    That its issuer's name is one of ours proves nothing: the key of one must have signed it.

    Raises:
        InvalidRequestError: there is none.
        NoCertificateError: it is not one X.509 certificate in DER, in base64.
    """
    text = form.required(parameters, CERTIFICATE)
    try:
        leaf = Leaf.parse(b64decode(text, validate=True))
    except MalformedCertificateError as error:
        raise NoCertificateError(f"this is no certificate: {error}") from None
    except ValueError:
        raise NoCertificateError("the certificate must be DER in base64") from None
    for authority in authorities.fresh().every:
        if Anchor.of(authority.certificate).issued(leaf):
            name = Named(authority.key_hash, leaf.certificate.serial_number)
            return Shown(name)
    return Shown()
