"""What of a request may be kept and shown: enough to see a mistake, too little to misuse."""

import json
from collections.abc import Iterable, Mapping

from mynaportal_sim.jose import PRIVATE_MEMBERS, JoseError, Json, read_jws

TEXT_MAX = 2000
_TOKENS = frozenset({"client_assertion", "dpop", "id_token_hint", "logout_token", "request"})
_SHOWN = frozenset(
    {
        "acr_values", "after", "arrangement", "authorization_details", "claims", "client_id",
        "client_assertion_type", "code_challenge", "code_challenge_method", "consent_version",
        "dpop_jkt", "grant_id", "grant_management_action", "grant_type", "limit", "max_age",
        "nonce", "post_logout_redirect_uri", "prompt", "redirect_uri", "request_uri",
        "resource", "response_mode", "response_type", "scope", "token_type_hint", "ui_locales",
    }
)  # fmt: skip
_SCHEMES = frozenset({"basic", "bearer", "digest", "dpop"})
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
        known = scheme.lower() in _SCHEMES  # else a secret may stand in the scheme's place
        return f"{scheme} {_hidden(secret)}" if known else _hidden(value)
    return _hidden(value)


def _hidden(secret: str) -> str:
    return f"•••• ({len(secret)} characters)"


def _without_signature(token: str) -> str:
    """What a client's JWT says; without signature and private keys it is worth nothing."""
    try:
        jws = read_jws(token)
    except JoseError:
        return _hidden(token)
    said = _without_private_keys([dict(jws.header), dict(jws.claims)])
    return f"{json.dumps(said, ensure_ascii=False)[:TEXT_MAX]} + signature"


def _without_private_keys(value: Json) -> Json:
    """The same, but for what is secret of a key: a proof that brings such a one is refused."""
    if isinstance(value, list):
        return [_without_private_keys(one) for one in value]
    if not isinstance(value, dict):
        return value
    secret = PRIVATE_MEMBERS if "kty" in value else frozenset[str]()
    return {
        name: _hidden(str(one)) if name in secret else _without_private_keys(one)
        for name, one in value.items()
    }
