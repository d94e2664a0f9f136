"""The JSON Schema of a config, with every mark that the forms of Flow and Airbyte read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.errors import PydanticInvalidForJsonSchema

from connector_sdk.config._check import TITLE, complete, credentials_in, is_secret
from connector_sdk.config._config import Config
from connector_sdk.config._credentials import Credentials, OAuth2Credentials, names_of, required_of
from connector_sdk.config._lint import lint_config_schema
from connector_sdk.config._section import instant
from connector_sdk.config._words import describe, sentence, title_from
from connector_sdk.errors import DefinitionError

__all__ = ["config_schema"]

_DRAFT = "http://json-schema.org/draft-07/schema#"
_TYPES = ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"))
_NOT_SHOWN = ("additionalProperties", "$defs", "writeOnly", "x-sdk-title")


def config_schema(cls: type[Config], *, title: str) -> dict[str, Any]:
    """The ``configSchema`` of a connector: what its form shows, what is encrypted, how one logs in.

    The same class gives the same schema, key by key. Raises DefinitionError where a field has no shape a form can show.
    """
    complete(cls)
    schema = {"$schema": _DRAFT, "title": title, "type": "object", **_object_of(cls)}
    for violation in lint_config_schema(schema):
        raise DefinitionError(f"{cls.__name__} makes a schema that Flow's forms cannot show: {violation}.")
    return schema


def _object_of(cls: type[BaseModel]) -> dict[str, Any]:
    """The properties of a Config or a Credentials class, with what is required."""
    try:
        raw = cls.model_json_schema()
    except PydanticInvalidForJsonSchema as error:
        raise DefinitionError(f"{cls.__name__} has a field that JSON Schema cannot say: {error.message}.") from None
    required, given = set(required_of(cls)), raw.get("properties", {})
    properties: dict[str, Any] = {}
    fields = sorted(cls.model_fields.items(), key=lambda item: item[0] == "advanced" and issubclass(cls, Config))
    for name, field in fields:
        key = field.validation_alias if isinstance(field.validation_alias, str) else name
        if key not in names_of(cls):
            continue
        if variants := credentials_in(field.annotation):
            schema = _log_in(given[key], variants)
        else:
            schema = _inlined(given[key], raw.get("$defs", {}))
        properties[key] = _finished(key, schema, len(properties), secret=is_secret(field.annotation))
        if issubclass(cls, Config) and name == "advanced":
            properties[key] = _advanced(properties[key], field.description)
            if properties[key].get("required"):
                required.add(key)
            else:
                required.discard(key)
    return {"properties": properties, "required": [key for key in properties if key in required]}


def _advanced(schema: dict[str, Any], description: str | None) -> dict[str, Any]:
    own = Config.model_fields["advanced"].description or ""
    return {**schema, "description": sentence(description or own), "advanced": True}


def _log_in(given: Mapping[str, Any], variants: list[type[Credentials]]) -> dict[str, Any]:
    schema = {key: given[key] for key in given if key not in ("anyOf", "oneOf", "$ref", "default", "allOf")}
    schema.setdefault("description", "How the connector logs in.")
    options = [_variant(variant) for variant in variants]
    return {**schema, "type": "object", "oneOf": options, "discriminator": {"propertyName": TITLE}}


def _variant(cls: type[Credentials]) -> dict[str, Any]:
    made = _object_of(cls)
    properties = made["properties"]
    title = {"type": "string", "const": cls._title, "default": cls._title}
    properties[TITLE] = {**properties[TITLE], "description": "The way to log in that was chosen.", **title}
    option: dict[str, Any] = {
        "title": cls._title,
        "description": sentence(cls.__doc__ or "") or f"Log in by: {sentence(cls._title)}",
        "type": "object",
        "properties": properties,
        "required": [TITLE, *(key for key in made["required"] if key != TITLE)],
    }
    if issubclass(cls, OAuth2Credentials) and cls.provider.grant == "refresh_token":
        option["x-oauth2-provider"] = cls.provider.name
    return option


def _inlined(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with what it refers to in place. The title of a class is not the title of a field that holds one."""
    made: dict[str, Any] = dict(schema)
    for key in ("allOf", "anyOf", "oneOf"):
        if key in made:
            made[key] = [_inlined(each, defs) for each in made[key]]
    if isinstance(made.get("items"), Mapping):
        made["items"] = _inlined(made["items"], defs)
    if isinstance(made.get("additionalProperties"), Mapping):
        made["additionalProperties"] = _inlined(made["additionalProperties"], defs)
    if "prefixItems" in made:
        made["prefixItems"] = [_inlined(each, defs) for each in made["prefixItems"]]
    if "properties" in made:
        made["properties"] = {key: _inlined(each, defs) for key, each in made["properties"].items()}
    if "$ref" in made:
        target = _inlined(defs[made.pop("$ref").rpartition("/")[2]], defs)
        target["x-sdk-class"] = target.pop("title", "")
        made = {**target, **made}
    if len(made.get("allOf", ())) == 1:
        made = {**made.pop("allOf")[0], **made}
    return made


def _finished(name: str, schema: Mapping[str, Any], order: int, *, secret: bool = False) -> dict[str, Any]:
    """The schema of one property, by the rules of forms."""
    made = _shaped(schema)
    title = made.pop("title", "")
    if not title or title == name.title().replace("_", " "):
        title = title_from(name)
    description = sentence(made.pop("description", "") or "") or describe(title)
    if made.get("format") == "date-time" and isinstance(made.get("default"), str):
        made["default"] = instant(made["default"])
    if secret or made.get("format") == "password" or made.get("secret") is True:
        made = {key: made[key] for key in made if key not in ("format", "default", "secret", "airbyte_secret")}
        made |= {"type": "string", "secret": True, "airbyte_secret": True}
    if made.get("type") == "boolean":
        made.setdefault("default", False)
    return {"title": title, "description": description, **made, "order": order}


def _shaped(schema: Mapping[str, Any]) -> dict[str, Any]:
    made = _without_null({key: schema[key] for key in schema if key not in _NOT_SHOWN})
    made.pop("x-sdk-class", None)
    open_values = schema.get("additionalProperties")
    if isinstance(open_values, Mapping):
        made["additionalProperties"] = _item(open_values)
    if made.get("default", ...) is None or made.get("type") == "object":
        made.pop("default", None)
    if "const" in made:
        made.pop("enum", None)  # pydantic before 2.10 says both
    choices = made.get("enum", [made["const"]] if "const" in made else [])
    if choices and "type" not in made:
        kinds = list(dict.fromkeys(_type_of(each) for each in choices))
        made["type"] = kinds[0] if len(kinds) == 1 else kinds
    if "properties" in made:
        made["properties"] = {
            key: _finished(key, each, order) for order, (key, each) in enumerate(made["properties"].items())
        }
    if isinstance(made.get("items"), Mapping):
        made["items"] = _item(made["items"])
    if "prefixItems" in made:
        made["prefixItems"] = [_item(each) for each in made["prefixItems"]]
    if "oneOf" in made and "discriminator" in made and "type" not in made:
        tag = made["discriminator"]["propertyName"]
        made |= {"type": "object", "discriminator": {"propertyName": tag}}
        made["oneOf"] = [_tagged(each, tag) for each in made["oneOf"]]
    return made


def _item(schema: Mapping[str, Any]) -> dict[str, Any]:
    made = _shaped(schema)
    if made.get("format") == "password":
        made |= {"secret": True, "airbyte_secret": True}
    return made


def _tagged(option: Mapping[str, Any], tag: str) -> dict[str, Any]:
    title = title_from(option.get("x-sdk-class") or option.get("title", ""))
    made = _shaped(option)
    if "const" in made.get("properties", {}).get(tag, {}):
        made["properties"][tag]["default"] = made["properties"][tag]["const"]
        made["required"] = [key for key in made["properties"] if key == tag or key in made.get("required", ())]
    return {**made, "title": title, "description": sentence(made.get("description", "")) or describe(title)}


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A field that may be null: as ``[kind, "null"]`` where it is a scalar, else as one that may be left out."""
    kinds = schema.get("anyOf", ())
    others = [each for each in kinds if each.get("type") != "null"]
    if len(others) != 1 or len(others) == len(kinds):
        return schema
    made = {**_shaped(others[0]), **{key: schema[key] for key in schema if key != "anyOf"}}
    if isinstance(made.get("type"), str) and made["type"] not in ("object", "array"):
        made["type"] = [made["type"], "null"]
        choices = made.get("enum") or ([made.pop("const")] if "const" in made else None)
        if choices:
            made["enum"] = [*choices, None]
    return made


def _type_of(value: object) -> str:
    return next((name for kind, name in _TYPES if isinstance(value, kind)), "null")
