"""The login token: what a card has made of a challenge, as it goes to a portal."""

from base64 import b64encode


def login_token(
    login_id: str,
    origin: str,
    certificate: bytes,
    signature: bytes,
    algorithm: str,
    agent_version: str,
) -> dict[str, object]:
    """The token as JSON (reference login, 7.5); `origin` is an echo of what was signed."""
    return {
        "v": 1,
        "alg": algorithm,
        "login_id": login_id,
        "origin": origin,
        "certificate": b64encode(certificate).decode(),
        "signature": b64encode(signature).decode(),
        "agent": {"version": agent_version},
    }
