"""What the OpenAPI document promises, held against what went over the wire.

Stricter than JSON Schema where that lets a document say too little: a status, a kind of body, a
parameter or a field that the document does not name is a fault, unless a schema says
`additionalProperties`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import httpx

from tests.journeys.kit import Portal

Json = dict[str, Any]
_REFERENCE = "#/components/schemas/"
_FORM = "application/x-www-form-urlencoded"
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}
_CHECKED = {"$ref", "type", "enum", "const", "pattern", "items", "properties", "required"}
_SAID = {"description", "format", "example", "examples", "additionalProperties"}


@dataclass(frozen=True, slots=True)
class Contract:
    """The document, ready to judge exchanges."""

    document: Json

    def operation_of(self, request: httpx.Request) -> tuple[str, Json] | None:
        """The path and operation that a request is for; the most literal path counts."""
        for path in sorted(self.document["paths"], key=lambda path: path.count("{")):
            pattern = "".join(
                "[^/]+" if part.startswith("{") else re.escape(part)
                for part in re.split(r"({\w+})", path)
            )
            found = self.document["paths"][path].get(request.method.lower())
            if found and re.fullmatch(pattern, request.url.path):
                return path, found
        return None

    def faults(self, answer: httpx.Response) -> Iterator[str]:
        """What of an exchange is not as the document says."""
        found = self.operation_of(answer.request)
        at = f"{answer.request.method} {answer.request.url.path} {answer.status_code}"
        if found is None:
            yield f"{at}: not documented"
            return
        _, operation = found
        said = operation["responses"].get(str(answer.status_code))
        if said is None:
            yield f"{at}: no such status is documented: {answer.text[:200]}"
            return
        yield from self._of_answer(answer, said, at)
        if answer.status_code < httpx.codes.BAD_REQUEST:
            yield from self._of_request(answer.request, operation, at)

    def _of_answer(self, answer: httpx.Response, said: Json, at: str) -> Iterator[str]:
        media = answer.headers.get("content-type", "").partition(";")[0]
        contents = said.get("content", {})
        for name in said.get("headers", {}):
            if name not in answer.headers:
                yield f"{at}: the header {name} is missing"
        if not answer.content:
            if contents:
                yield f"{at}: the body is missing"
        elif media not in contents:
            yield f"{at}: a body of {media} is not documented"
        elif media.endswith("json"):
            yield from self.misfits(answer.json(), contents[media]["schema"], f"{at}: $")

    def _of_request(self, request: httpx.Request, operation: Json, at: str) -> Iterator[str]:
        parameters = operation.get("parameters", ())
        query = {one["name"] for one in parameters if one["in"] == "query"}
        for name in request.url.params:
            if name not in query:
                yield f"{at}: the parameter {name} is not documented"
        for one in parameters:
            if (
                one["in"] == "header"
                and one.get("required")
                and one["name"] not in request.headers
            ):
                yield f"{at}: went well without the header {one['name']}"
        contents = operation.get("requestBody", {}).get("content", {})
        if not request.content:
            return
        media = request.headers.get("content-type", next(iter(contents), ""))
        if media not in contents:
            yield f"{at}: a request of {media} is not documented"
            return
        schema = contents[media]["schema"]
        form = media == _FORM
        sent = self._read(request.content, schema) if form else json.loads(request.content)
        yield from self.misfits(sent, schema, f"{at}: request")

    def _read(self, content: bytes, schema: Json) -> Json:
        """A form as the values that its schema speaks of."""
        properties = self._resolved(schema)["properties"]
        read: Json = {}
        for name, values in parse_qs(content.decode(), keep_blank_values=True).items():
            kind = properties.get(name, {}).get("type")
            value: object = values if kind == "array" or len(values) > 1 else values[0]
            if kind in {"integer", "boolean"} and isinstance(value, str):
                value = json.loads(value)
            read[name] = value
        return read

    def misfits(self, value: object, schema: Json, at: str) -> Iterator[str]:
        """Where `value` is not what `schema` says."""
        schema = self._resolved(schema)
        if unknown := schema.keys() - _CHECKED - _SAID:
            raise NotImplementedError(f"keywords that are not checked: {unknown}")
        if not _is(value, schema.get("type")):
            yield f"{at} is no {schema['type']}: {value!r}"
            return
        if value not in schema.get("enum", [value]) or value != schema.get("const", value):
            yield f"{at} is none of the values: {value!r}"
        if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
            yield f"{at} does not fit the pattern: {value!r}"
        if isinstance(value, list):
            for index, one in enumerate(value):
                yield from self.misfits(one, schema["items"], f"{at}[{index}]")
        if isinstance(value, dict):
            yield from self._misfits_of_fields(value, schema, at)

    def _misfits_of_fields(self, value: Json, schema: Json, at: str) -> Iterator[str]:
        properties = schema.get("properties", {})
        for name in schema.get("required", ()):
            if name not in value:
                yield f"{at}.{name} is missing"
        for name, one in value.items():
            if name in properties:
                yield from self.misfits(one, properties[name], f"{at}.{name}")
            elif isinstance(more := schema.get("additionalProperties"), dict):
                yield from self.misfits(one, more, f"{at}.{name}")
            elif more is not True:
                yield f"{at}.{name} is not documented"

    def _resolved(self, schema: Json) -> Json:
        name = schema.get("$ref", "").removeprefix(_REFERENCE)
        found: Json = self.document["components"]["schemas"][name] if name else schema
        return found


def _is(value: object, types: str | list[str] | None) -> bool:
    names = [types] if isinstance(types, str) else types
    if names is None:
        return True
    if isinstance(value, bool):
        return "boolean" in names
    return any(isinstance(value, _TYPES[name]) for name in names)


@dataclass
class HeardPortal(Portal):
    """A portal all of whose answers to clients are kept."""

    heard: list[httpx.Response] = field(default_factory=list, repr=False)

    def client(self) -> httpx.Client:
        http = super().client()
        http.event_hooks = {"response": [self._hear]}
        return http

    def _hear(self, answer: httpx.Response) -> None:
        answer.read()
        self.heard.append(answer)
