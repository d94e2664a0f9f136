"""What a config schema may not say, rule by rule."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["lint_config_schema"]

_TYPES = {"string", "number", "integer", "boolean", "object", "array"}
_SCALARS = {"string", "number", "integer", "boolean"}
_HTML = re.compile(r"</?[a-zA-Z][^>]*>")
_NESTED = ("items", "additionalProperties", "not", "if", "then", "else")


def lint_config_schema(schema: Mapping[str, Any]) -> list[str]:
    """Every way in which a connector's config schema breaks the rules of Flow's forms and encryption; none is fine.

    Each is one sentence without a full stop that begins with the place, such as ``credentials.token has no title``.
    """
    return list(_root(schema))


def _root(schema: Mapping[str, Any]) -> Iterator[str]:
    where = "the schema"
    if schema.get("type") != "object":
        yield f'{where} must have type "object"'
    if not _text(schema.get("title")):
        yield f"{where} has no title"
    if not isinstance(schema.get("properties"), Mapping):
        yield f"{where} has no properties"
    yield from _closed(schema, where)
    yield from _references(schema)
    yield from _object(schema, "")


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _at(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _closed(schema: Mapping[str, Any], where: str) -> Iterator[str]:
    for word in ("additionalProperties", "unevaluatedProperties"):
        if schema.get(word) is False:
            yield f"{where} must not have {word}: false, for Flow adds keys of its own"


def _references(value: object, path: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for word in ("$ref", "$defs", "definitions"):
            if word in value and not path.endswith("properties"):
                yield f"{path or 'the schema'} has {word}; put what it means in its place"
        for key, each in value.items():
            yield from _references(each, _at(path, str(key)))
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _references(each, path)


def _object(schema: Mapping[str, Any], path: str) -> Iterator[str]:
    """The rules for an object's properties."""
    properties = schema.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    orders: dict[object, str] = {}
    for name, each in properties.items():
        here = _at(path, str(name))
        if not isinstance(each, Mapping):
            yield f"{here} is no schema"
            continue
        yield from _words(each, here)
        order = each.get("order")
        if order is not None and (isinstance(order, bool) or not isinstance(order, int)):
            yield f"{here} must have a whole number as its order"
        elif order is not None and order in orders:
            yield f"{here} has the order {order}, as {orders[order]} has"
        elif order is not None:
            orders[order] = here
        yield from _value(each, here)
    known = set(properties) | {name for option in schema.get("oneOf", ()) for name in option.get("properties", ())}
    for name in schema.get("required", ()):
        if name not in known:
            yield f"{_at(path, str(name))} is required and is no property"


def _words(schema: Mapping[str, Any], path: str) -> Iterator[str]:
    if not _text(schema.get("title")):
        yield f"{path} has no title"
    description = schema.get("description")
    if not _text(description):
        yield f"{path} has no description"
    elif not str(description).rstrip().endswith((".", "!", "?")):
        yield f"{path} has a description that does not end in a full stop"
    if _HTML.search(f"{schema.get('title', '')} {description or ''}"):
        yield f"{path} has HTML in its title or description"


def _value(schema: Mapping[str, Any], path: str) -> Iterator[str]:
    """The rules for one value, whatever stands around it."""
    yield from _kind(schema, path)
    yield from _secret(schema, path)
    if path:
        yield from _closed(schema, path)
    if "advanced" in schema and (schema["advanced"] is not True or schema.get("type") != "object"):
        yield f"{path} must not have the mark advanced: it is for objects, and true"
    if "x-oauth2-provider" in schema and not _text(schema["x-oauth2-provider"]):
        yield f"{path} has an x-oauth2-provider that is no text"
    if "oneOf" in schema:
        yield from _options(schema, path)
    if "properties" in schema:
        yield from _object(schema, path)
    for word in _NESTED:
        if isinstance(schema.get(word), Mapping):
            yield from _value(schema[word], f"{path}[]" if word == "items" else _at(path, "*"))


def _kind(schema: Mapping[str, Any], path: str) -> Iterator[str]:
    kind = schema.get("type")
    for word in ("anyOf", "allOf"):
        if word in schema:
            yield f'{path} has {word}; say one type, or ["string", "null"] where it may be null'
    if isinstance(kind, (list, tuple)):
        if len(kind) != 2 or kind[1] != "null" or kind[0] not in _SCALARS:
            yield f'{path} may be null only as [scalar, "null"]'
    elif kind is None:
        if not ("anyOf" in schema or "allOf" in schema):
            yield f"{path} has an enum without a type" if "enum" in schema else f"{path} has no type"
    elif kind not in _TYPES:
        yield f"{path} has a type that JSON Schema does not have"
    if kind == "boolean" and not isinstance(schema.get("default"), bool):
        yield f"{path} is true or false and has no default"


def _secret(schema: Mapping[str, Any], path: str) -> Iterator[str]:
    marks = [word for word in ("secret", "airbyte_secret") if word in schema]
    if not marks:
        return
    if any(schema[word] is not True for word in marks):
        yield f"{path} has a mark for secrets that is not true"
    if schema.get("type") != "string":
        yield f'{path} is a secret and must have type "string" and nothing else'
    if path.endswith("[]"):
        yield f"{path[:-2]} is a list of secrets, which Flow cannot encrypt"
    if "secret" not in marks:
        yield f"{path} has airbyte_secret without secret"
    if schema.get("default") or schema.get("enum") or schema.get("const"):
        yield f"{path} is a secret and shows a value"


def _options(schema: Mapping[str, Any], path: str) -> Iterator[str]:
    discriminator = schema.get("discriminator")
    tag = discriminator.get("propertyName") if isinstance(discriminator, Mapping) else None
    if not _text(tag):
        yield f"{path} has oneOf without a discriminator that names a property"
        return
    seen: set[str] = set()
    for number, option in enumerate(schema["oneOf"]):
        here = f"{path} option {number + 1}"
        if not isinstance(option, Mapping) or option.get("type") != "object":
            yield f'{here} must have type "object"'
            continue
        if not _text(option.get("title")):
            yield f"{here} has no title"
        mark = option.get("properties", {}).get(tag, {})
        const = mark.get("const")
        if not _text(const):
            yield f"{here} has no const for {tag}"
        elif const in seen:
            yield f"{here} has the same {tag} as another option"
        else:
            seen.add(const)
        if mark.get("default") != const:
            yield f"{here} must have its const as the default of {tag}"
        if mark.get("type") != "string":
            yield f'{here} must have type "string" for {tag}'
        yield from _value({key: option[key] for key in option if key != "title"}, path)
