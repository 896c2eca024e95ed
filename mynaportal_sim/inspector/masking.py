"""What of a request may be kept and shown: enough to see a mistake, too little to misuse."""

import json
from collections.abc import Iterable, Mapping

from mynaportal_sim.jose import JoseError, Json, read_jws

TEXT_MAX = 2000
_TOKENS = frozenset({"client_assertion", "dpop", "id_token_hint", "logout_token", "request"})
_SHOWN = frozenset(
    {
        "acr_values", "after", "arrangement", "authorization_details", "claims", "client_id",
        "client_assertion_type", "code_challenge", "code_challenge_method", "consent_version",
        "dpop_jkt", "grant_id", "grant_management_action", "grant_type", "limit", "max_age",
        "nonce", "prompt", "redirect_uri", "request_uri", "resource", "response_mode",
        "response_type", "scope", "token_type_hint", "ui_locales",
    }
)  # fmt: skip
_HEADERS = frozenset({"accept", "authorization", "content-type", "dpop", "origin"})


def parameters(given: Mapping[str, str]) -> dict[str, str]:
    """Parameters with what is secret, or may name a person, masked."""
    return {name[:100]: _masked(name, value) for name, value in given.items()}


def headers(given: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The headers that matter to a client; the token in one is masked, cookies are left out."""
    shown: dict[str, str] = {}
    for name, value in given:
        if name in _HEADERS:
            masked = value if name not in {"authorization", "dpop"} else _masked(name, value)
            shown[name] = ", ".join(filter(None, (shown.get(name), masked[:TEXT_MAX])))
    return shown


def _masked(name: str, value: str) -> str:
    if name in _SHOWN:
        return value[:TEXT_MAX]
    if name in _TOKENS:
        return _without_signature(value)
    if name == "authorization":
        scheme, _, secret = value.partition(" ")
        return f"{scheme[:20]} {_hidden(secret)}"
    return _hidden(value)


def _hidden(secret: str) -> str:
    return f"•••• ({len(secret)} characters)"


def _without_signature(token: str) -> str:
    """What a client's JWT says; without its signature it is worth nothing."""
    try:
        jws = read_jws(token)
    except JoseError:
        return _hidden(token)
    said: list[Json] = [dict(jws.header), dict(jws.claims)]
    return f"{json.dumps(said, ensure_ascii=False)[:TEXT_MAX]} + signature"
