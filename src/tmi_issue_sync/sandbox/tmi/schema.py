"""The OpenAPI validation in front of the handlers, with its error texts. shapes.json is cut from TMI's own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from tmi_issue_sync.sandbox.tmi.errors import Refusal, invalid

DESCRIPTION_LIMIT = 1000
BULK_LIMIT = 20

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
_GO_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


def require_shape(name: str, value: Any) -> Any:
    """The value with the defaults that the validator fills in; refuses one that is not of the named shape."""
    shape = _shapes()[name]
    faults = list(_faults(shape, value, ""))
    if faults:
        raise invalid_shape("multiple errors encountered: " + " | ".join(faults))
    return _with_defaults(shape, value)


def require_list(name: str, value: Any) -> list[Any]:
    """A bulk body: a list of at most 20 values of the named shape."""
    if not isinstance(value, list):
        raise _bad_body("value must be an array")
    if len(value) > BULK_LIMIT:
        raise _bad_body(f"maximum number of items is {BULK_LIMIT}")
    return [require_shape(name, item) for item in value]


def invalid_shape(text: str) -> Refusal:
    """The server guesses the code by looking for words in the text: a bad link is an `invalid_id`."""
    pattern = "required" not in text and ("format" in text or "pattern" in text)
    cut = text if len(text) <= DESCRIPTION_LIMIT else text[: DESCRIPTION_LIMIT - 3] + "..."
    return invalid(cut, "invalid_id" if pattern else "invalid_input")


def _bad_body(reason: str) -> Refusal:
    return invalid_shape(
        f"error in openapi3filter.RequestError: request body has an error: doesn't match schema: {reason}"
    )


@cache
def _shapes() -> dict[str, Any]:
    shapes: dict[str, Any] = json.loads(files(__package__).joinpath("shapes.json").read_text("utf-8"))
    return shapes


def _with_defaults(shape: Mapping[str, Any], value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    defaults = {key: part["default"] for key, part in shape.get("properties", {}).items() if "default" in part}
    return {**defaults, **value}


def _faults(shape: Mapping[str, Any], value: Any, at: str) -> Iterator[str]:
    if "allOf" in shape:
        for part in shape["allOf"]:
            yield from _faults(part, value, at)
        return
    if value is None and shape.get("nullable"):
        return
    kind = shape.get("type")
    if kind is not None and not _is(kind, value):
        yield _told(f"value must be {'an' if kind[0] in 'aeiou' else 'a'} {kind}", shape, value, at)
        return
    for reason in _reasons(shape, value):
        yield _told(reason, shape, value, at)
    yield from _inner(shape, value, at)


def _is(kind: str, value: Any) -> bool:
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _reasons(shape: Mapping[str, Any], value: Any) -> Iterator[str]:
    if "enum" in shape and value not in shape["enum"]:
        yield "value is not one of the allowed values " + json.dumps(shape["enum"], separators=(",", ":"))
    if isinstance(value, str):
        yield from _text_reasons(shape, value)
    elif isinstance(value, list):
        yield from _list_reasons(shape, value)
    elif isinstance(value, (int, float)):
        yield from _number_reasons(shape, value)


def _text_reasons(shape: Mapping[str, Any], value: str) -> Iterator[str]:
    if len(value) < shape.get("minLength", 0):
        yield f"minimum string length is {shape['minLength']}"
    if len(value) > shape.get("maxLength", len(value)):
        yield f"maximum string length is {shape['maxLength']}"
    pattern = shape.get("pattern")
    # In RE2 `$` is the very end and `\s` is ASCII; Python means something wider by both.
    if pattern is not None and not re.search(pattern.replace("$", r"\Z"), value, re.ASCII):
        yield f'string doesn\'t match the regular expression "{pattern}"'


def _list_reasons(shape: Mapping[str, Any], value: list[Any]) -> Iterator[str]:
    if len(value) > shape.get("maxItems", len(value)):
        yield f"maximum number of items is {shape['maxItems']}"
    if shape.get("uniqueItems") and len({json.dumps(item, sort_keys=True) for item in value}) < len(value):
        yield "duplicate items found"


def _number_reasons(shape: Mapping[str, Any], value: float) -> Iterator[str]:
    if value < shape.get("minimum", value):
        yield f"number must be at least {shape['minimum']:g}"
    if value > shape.get("maximum", value):
        yield f"number must be at most {shape['maximum']:g}"
    step = shape.get("multipleOf")
    if step is not None and abs(value / step - round(value / step)) > 1e-9:
        yield f"number must be a multiple of {step:g}"


def _inner(shape: Mapping[str, Any], value: Any, at: str) -> Iterator[str]:
    if isinstance(value, list) and "items" in shape:
        for index, item in enumerate(value):
            yield from _faults(shape["items"], item, f"{at}/{index}")
    if isinstance(value, dict):
        properties = shape.get("properties", {})
        for key in shape.get("required", ()):
            if key not in value:
                yield _told(f'property "{key}" is missing', shape, value, f"{at}/{key}")
        for key, item in value.items():
            if key in properties:
                yield from _faults(properties[key], item, f"{at}/{key}")
            elif shape.get("additionalProperties") is False:
                yield _told(f'property "{key}" is unsupported', shape, value, at)


def _told(reason: str, shape: Mapping[str, Any], value: Any, at: str) -> str:
    where = f'Error at "{at}": ' if at else ""
    return f"{where}{reason} Schema: {_go_json(shape)} Value: {_go_json(value)}"


def _go_json(value: Any) -> str:
    """As the server prints it: indented, HTML escaped, and then all on one line."""
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
    for char, escape in _GO_ESCAPES.items():
        text = text.replace(char, escape)
    return "".join(f"  {line} " for line in text.split("\n"))
