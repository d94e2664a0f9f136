"""The config of a connector, and how a user's data becomes one."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, Field, ValidationError, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from connector_sdk.config._check import TITLE, complete, credentials_in, is_model, is_secret, members, models_in, unwrap
from connector_sdk.config._credentials import Credentials, names_of, required_of
from connector_sdk.config._problems import Problems, at, kind_of
from connector_sdk.config._section import OWN_ERROR, Advanced, Section
from connector_sdk.config._words import one_of
from connector_sdk.errors import ConfigError

__all__ = ["Config", "parse_config"]

_REFUSED = object()
_MISSPELT = 0.8


class Config(Section, use_attribute_docstrings=False):
    """What a user of the connector fills in. Subclass it with the fields; each is shown in the order declared.

    Every config has the ``advanced`` section; ``advanced.base_url`` sends all requests to another address. To accept
    an older shape, give the subclass a ``@model_validator(mode="before")``.
    """

    _role = "config"

    advanced: Advanced = Field(
        default_factory=Advanced, title="Advanced", description="Settings that few people need to change."
    )

    @model_validator(mode="before")
    @classmethod
    def _prepare(cls, data: Any, info: ValidationInfo) -> Any:
        if not isinstance(data, Mapping):
            return data
        problems = info.context if isinstance(info.context, Problems) else Problems()
        prepared = _prepared(cls, data, problems)
        if problems is not info.context and problems.sentences():
            raise PydanticCustomError(OWN_ERROR, "{problems}", {"problems": "; ".join(problems.sentences())})
        return prepared


C = TypeVar("C", bound=Config)


def parse_config(cls: type[C], data: object, *, name: str) -> C:
    """The config that ``data`` (parsed JSON) holds for the connector ``name``.

    Raises ConfigError whose message lists every problem by the path of its field, with the nearest name where one is
    misspelt. The message shows no value of the data.
    """
    complete(cls)
    problems = Problems()
    config: C | None = None
    if isinstance(data, Mapping):
        config = _validated(cls, data, problems, context=problems)
    else:
        problems.add("", f"it must be an object, not {kind_of(data)}")
    found = problems.sentences()
    if config is None or found:
        raise _error(found, name)
    return config


M = TypeVar("M", bound=BaseModel)


def _validated(
    cls: type[M], data: Mapping[Any, Any], problems: Problems, path: str = "", context: Any = None
) -> M | None:
    try:
        return cls.model_validate(data, context=context)
    except ValidationError as error:
        found = error.errors(include_url=False)
    problems.take(found, data, path)
    return None


def _error(found: list[str], name: str) -> ConfigError:
    ended = [text if text[-1:] in ".?!" else text + "." for text in found or ["it does not fit"]]
    config = f"The config of {name}" if name else "The config"
    if len(ended) == 1:
        return ConfigError(f"{config} has a problem: {ended[0]}")
    return ConfigError(f"{config} has {len(ended)} problems:\n- " + "\n- ".join(ended))


def _prepared(cls: type[Config], data: Mapping[Any, Any], problems: Problems) -> dict[Any, Any]:
    """The data with each way to log in already chosen and validated, so that no error speaks of the others."""
    prepared = {key: value for key, value in data.items() if not (key == "advanced" and value is None)}
    prepared.setdefault("advanced", {})
    _inspect(cls, data, problems, "", "the config")
    for name, field in cls.model_fields.items():
        variants = credentials_in(field.annotation)
        key = field.alias or name
        if variants and key in prepared and not (prepared[key] is None and type(None) in _args(field.annotation)):
            chosen = _log_in(variants, prepared[key], problems, key)
            prepared[key] = _REFUSED if chosen is None else chosen
            if chosen is None:
                problems.failed.add(key)
    return prepared


def _args(annotation: Any) -> tuple[Any, ...]:
    return getattr(unwrap(annotation), "__args__", ())


def _log_in(variants: list[type[Credentials]], value: object, problems: Problems, path: str) -> Credentials | None:
    """The way to log in that the value is: by its title, else the only one, else the only one whose fields fit."""
    if isinstance(value, tuple(variants)) and isinstance(value, Credentials):
        return value
    if not isinstance(value, Mapping):
        problems.add(path, f"{path} must be an object, not {kind_of(value)}")
        return None
    title = value.get(TITLE)
    if title is None:
        fitting = variants if len(variants) == 1 else [each for each in variants if _fits(each, value)]
    else:
        fitting = [each for each in variants if each._title == title]
    if len(fitting) != 1:
        where = at(path, TITLE)
        problems.add(where, f"{where} must be {one_of([each._title for each in variants])}")
        return None
    chosen = fitting[0]
    _inspect(chosen, value, problems, path, chosen._title)
    return _validated(chosen, {**value, TITLE: chosen._title}, problems, path)


def _fits(variant: type[Credentials], value: Mapping[Any, Any]) -> bool:
    keys = set(value) - {TITLE}
    return keys <= set(names_of(variant)) and keys >= set(required_of(variant))


def _inspect(model: type[BaseModel], data: Mapping[Any, Any], problems: Problems, path: str, whose: str) -> None:
    """Tell what pydantic would not: keys that are no fields with the nearest name, and secrets that are empty.

    Looks further inside, but not into credentials, which are inspected when they are chosen.
    """
    known, required = names_of(model), required_of(model)
    for key in data:
        if key not in known and (
            model.model_config.get("extra") != "allow" or get_close_matches(str(key), known, 1, _MISSPELT)
        ):
            problems.unknown(path, key, known, whose)
    for name, field in model.model_fields.items():
        key = field.alias or name
        if key in required and not field.is_required() and key not in data:
            problems.add(at(path, key), f"{at(path, key)} is missing")
        elif key in required and is_secret(field.annotation) and data.get(key) == "":
            problems.add(at(path, key), f"{at(path, key)} is empty")
        elif key in data and not credentials_in(field.annotation):
            _inspect_inside(field.annotation, data[key], problems, at(path, key))


def _inspect_inside(annotation: Any, value: object, problems: Problems, path: str) -> None:
    models = [each for each in models_in(annotation) if not issubclass(each, Credentials)]
    if len(models) != 1:
        return  # other fields, or one of several models: pydantic's own check tells
    if is_model(members(annotation)[0]):
        if isinstance(value, Mapping):
            _inspect(models[0], value, problems, path, path)
    elif isinstance(value, (list, tuple)):
        for index, each in enumerate(value):
            if isinstance(each, Mapping):
                _inspect(models[0], each, problems, at(path, index), at(path, index))
    elif isinstance(value, Mapping):
        for key, each in value.items():
            if isinstance(each, Mapping):
                _inspect(models[0], each, problems, at(path, key), at(path, key))
