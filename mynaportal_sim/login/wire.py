"""Strict reading of JSON bodies: UTF-8, one object, no name twice, no field unknown."""

import json
from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict, ValidationError

BYTES_MAX = 16 * 1024
WIRE = ConfigDict(strict=True, extra="forbid", frozen=True)
"""The configuration of models that describe what another party sends."""

M = TypeVar("M", bound=BaseModel)


def read(model: type[M], body: bytes) -> M | None:
    """The `model` that `body` holds; None when it holds anything else."""
    if len(body) > BYTES_MAX:
        return None
    try:
        value = json.loads(body.decode(), object_pairs_hook=_unique)
        return model.model_validate(value)
    except (ValidationError, ValueError, RecursionError):
        return None


async def body_of(request: Request) -> bytes:
    """The body of `request`, cut off soon after it has become too long to be read."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BYTES_MAX:
            break
    return bytes(body)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a name occurs twice")
    return fields
