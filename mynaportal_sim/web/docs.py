"""The public interface: OpenAPI 3.1 for programs, and a page of it for people, both offline."""

import json
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Response

from mynaportal_sim import __version__
from mynaportal_sim.deps import SettingsDep
from mynaportal_sim.web.render import PageDep

router = APIRouter()
Json = dict[str, Any]
_REFERENCE = "#/components/schemas/"


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a field of a body or an answer; `shape` if it is one that has a name."""

    name: str
    where: str
    type: str
    required: bool
    description: str
    shape: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """A schema that has a name."""

    name: str
    description: str
    fields: list[Field]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that may come: its status, and what it holds."""

    status: str
    meaning: str
    description: str
    media: str
    fields: list[Field]
    example: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be called."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    security: list[str]
    media: str
    fields: list[Field]
    answers: list[Answer]


@cache
def document() -> Json:
    """The OpenAPI document as it is kept."""
    text = (Path(__file__).parent / "openapi.json").read_text(encoding="utf-8")
    kept: Json = json.loads(text)
    return kept


@router.get("/openapi.json")
async def openapi(settings: SettingsDep) -> Response:
    """Hand the document out, for the address at which this portal is reached."""
    about = {**document()["info"], "version": __version__}
    served = {**document(), "info": about, "servers": [{"url": settings.issuer}]}
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-cache"}
    return Response(json.dumps(served, ensure_ascii=False), 200, headers, "application/json")


@router.get("/docs")
async def docs(page: PageDep, settings: SettingsDep) -> Response:
    """Show the document to a person."""
    kept = document()
    values: dict[str, object] = {
        "about": kept["info"],
        "issuer": settings.issuer,
        "rooms": [(tag, _operations(tag["name"])) for tag in kept["tags"]],
        "shapes": _shapes(),
        "schemes": kept["components"]["securitySchemes"],
    }
    return page("docs.html", values)


@cache
def _operations(tag: str) -> list[Operation]:
    return [
        _operation(method, path, operation)
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
        if tag in operation["tags"]
    ]


@cache
def _shapes() -> list[Shape]:
    schemas = document()["components"]["schemas"].items()
    return [Shape(name, one.get("description", ""), _fields(one, "")) for name, one in schemas]


def _operation(method: str, path: str, operation: Json) -> Operation:
    parameters = [
        Field(
            one["name"],
            one["in"],
            _type(one["schema"]),
            one.get("required", False),
            one.get("description", ""),
        )
        for one in operation.get("parameters", ())
    ]
    media, schema = _content(operation.get("requestBody", {}))
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=operation.get("description", ""),
        security=[name for one in operation.get("security", ()) for name in one],
        media=media,
        fields=parameters + _fields(schema, "body"),
        answers=[_answer(status, one) for status, one in operation["responses"].items()],
    )


def _answer(status: str, response: Json) -> Answer:
    media, schema = _content(response)
    example = response.get("content", {}).get(media, {}).get("example")
    return Answer(
        status,
        HTTPStatus(int(status)).phrase,
        response["description"],
        media,
        _fields(schema, "answer") if int(status) < HTTPStatus.BAD_REQUEST else [],
        json.dumps(example, ensure_ascii=False, indent=2) if example else "",
    )


def _content(holder: Json) -> tuple[str, Json]:
    """The media type and schema of a body; neither if it has none."""
    for media, content in holder.get("content", {}).items():
        return media, content["schema"]
    return "", {}


def _fields(schema: Json, where: str, within: str = "") -> list[Field]:
    """The fields of an object; those of an object in it that has no name follow it."""
    schema = _resolved(schema)
    found = []
    for name, one in schema.get("properties", {}).items():
        part = one.get("items", one)
        required, said = name in schema.get("required", ()), one.get("description", "")
        shape = part.get("$ref", "").removeprefix(_REFERENCE)
        found.append(Field(within + name, where, _type(one), required, said, shape))
        if not shape:
            found += _fields(part, where, f"{within}{name}{'[]' if part is not one else ''}.")
    return found


def _resolved(schema: Json) -> Json:
    name = schema.get("$ref", "").removeprefix(_REFERENCE)
    found: Json = document()["components"]["schemas"][name] if name else schema
    return found


def _type(schema: Json) -> str:
    """A schema's type in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(_REFERENCE)
    if "enum" in schema or "const" in schema:
        return " | ".join(map(str, schema.get("enum", [schema.get("const")])))
    kind = schema.get("type", "")
    if kind == "array":
        return f"{_type(schema['items'])}[]"
    return " | ".join(kind) if isinstance(kind, list) else str(kind)
