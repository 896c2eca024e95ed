"""What a second device says to a portal: it claims a code, signs, and learns how it went."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

import httpx

from card_reader.client.signing import Signed
from card_reader.statement import Challenge
from mynaportal_sim import __version__
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.login.token import LoginToken

_REFUSALS = {
    "code_not_found": "no screen shows this code; copy it again from the portal's page",
    "code_expired": "the code has run out; show a new one on that page",
    "code_claimed": "the code has been used before; start again on that page",
    "second_device_denied": "it was refused here before; start again on the portal's page",
    "second_device_cancelled": "it was cancelled in the browser; start again there",
    "login_ended": "it has ended; start again on the portal's page",
    "login_expired": "it took longer than three minutes; start again on the portal's page",
    "cert_untrusted": "the portal does not trust the authority that issued this card",
    "cert_expired": "the card's certificate has expired",
    "cert_not_yet_valid": "the card's certificate is not valid yet; compare the clocks",
    "cert_revoked": "the card's certificate has been revoked",
    "account_not_linked": "the card belongs to nobody who is registered at this portal",
}


@dataclass(frozen=True, slots=True)
class SecondDevice:
    """A login that this side has claimed, or a signature under `text` by a certificate."""

    origin: str
    challenge: Challenge
    display: Mapping[str, object]
    _http: httpx.Client = field(repr=False)
    _address: str
    _secret: str = field(repr=False)
    text: str | None = None
    kind: str = ""

    @classmethod
    def claim(cls, http: httpx.Client, origin: str, code: str) -> "SecondDevice":
        """Take up the code on a screen.

        Raises:
            CommandError: the portal refuses, or wants something signed for another site.
        """
        claimed = _answer(http.post(f"{origin}/auth/x/claim", json={"code": code}))
        wire = claimed.get("challenge")
        if not isinstance(wire, dict):
            raise CommandError(f"{origin} does not answer as a portal of this simulator")
        challenge = Challenge.from_json(wire)
        if challenge.origin != origin:
            raise CommandError(
                f"the portal at {origin} asks for a signature for {challenge.origin}; nothing"
                " was signed. Use the address that its own page shows."
            )
        display = shown if isinstance(shown := wire.get("display"), dict) else {}
        address = f"{origin}/auth/x/{claimed['id']}"
        device = cls(origin, challenge, display, http, address, str(claimed["secret"]))
        asked = claimed.get("to_sign")
        if not isinstance(asked, dict):
            return device
        return replace(device, text=str(asked.get("text")), kind=str(asked.get("kind")))

    def over(self, http: httpx.Client) -> "SecondDevice":
        """The same login over another client."""
        return replace(self, _http=http)

    def sign(self, signed: Signed) -> str:
        """Hand a login's signature in; the six digits for the person.

        Raises:
            CommandError: the portal refuses.
        """
        return str(self.hand_in(signed)["confirm_code"])

    def hand_in(self, signed: Signed) -> dict[str, object]:
        """Hand in what the card made; what the portal says to it.

        Raises:
            CommandError: the portal refuses.
        """
        login_id = self.challenge.login_id
        token = LoginToken.of(login_id, self.origin, signed, __version__)
        return self._post("sign", token.to_json())

    def document(self) -> bytes:
        """The document that is to be signed, whole.

        Raises:
            CommandError: the portal refuses.
        """
        answer = self._http.get(f"{self._address}/document", headers=self._headers)
        if not answer.is_success:
            _answer(answer)
        return answer.content

    def state(self) -> str:
        """How far the login has come."""
        return str(_answer(self._http.get(self._address, headers=self._headers))["state"])

    @contextmanager
    def denied_unless_done(self) -> Iterator[None]:
        """Tell the browser at once if this side gives up, for whatever reason."""
        try:
            yield
        except BaseException:
            with suppress(httpx.HTTPError, CommandError):
                self._post("deny", b"")
            raise

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._secret}"}

    def _post(self, what: str, body: bytes) -> dict[str, object]:
        url = f"{self._address}/{what}"
        return _answer(self._http.post(url, content=body, headers=self._headers))


def _answer(answer: httpx.Response) -> dict[str, object]:
    try:
        said: object = answer.json()
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise CommandError(
            f"{answer.url.host} does not answer as a portal of this simulator"
            f" (HTTP {answer.status_code}); check --portal"
        )
    if answer.is_success:
        return said
    code = str(said.get("code", ""))
    reason = _REFUSALS.get(code, str(said.get("title", "")))
    raise CommandError(f"the portal refuses: {reason} ({code or answer.status_code})")
