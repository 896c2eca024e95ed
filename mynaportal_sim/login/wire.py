"""Strict reading of JSON bodies: UTF-8, one object, no name twice, no field unknown."""

from base64 import b64decode, b64encode
from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict, ValidationError

from mynaportal_sim.jose import JoseError, strict_json

BYTES_MAX = 16 * 1024
WIRE = ConfigDict(strict=True, extra="forbid", frozen=True)
"""The configuration of models that describe what another party sends."""

M = TypeVar("M", bound=BaseModel)


def read(model: type[M], body: bytes, longest: int = BYTES_MAX) -> M | None:
    """The `model` that `body` holds; None when it holds anything else."""
    if len(body) > longest:
        return None
    try:
        return model.model_validate(strict_json(body))
    except (ValidationError, JoseError):
        return None


def decoded(text: str) -> bytes | None:
    """What canonical base64 (RFC 4648, 4) stands for; None for any other text."""
    try:
        found = b64decode(text, validate=True)
    except ValueError:
        return None
    return found if b64encode(found).decode() == text else None


async def body_of(request: Request) -> bytes:
    """The body of `request`, cut off soon after it has become too long to be read."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BYTES_MAX:
            break
    return bytes(body)
