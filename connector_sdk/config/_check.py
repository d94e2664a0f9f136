"""What is wrong with an author's config classes, found on import and said in one sentence."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, TypeGuard, Union, get_args, get_origin

import pydantic
from pydantic import BaseModel, SecretBytes, SecretStr, ValidationError
from pydantic.errors import PydanticUndefinedAnnotation
from pydantic.fields import FieldInfo

from connector_sdk.errors import DefinitionError

__all__ = ["check_section", "complete", "credentials_in", "is_model", "is_secret", "members", "models_in", "unwrap"]

TITLE = "credentials_title"
_UNIONS = (Union, types.UnionType)


def unwrap(annotation: Any) -> Any:
    """The annotation without ``Annotated`` and without names given by ``type``."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif hasattr(annotation, "__value__"):
            annotation = annotation.__value__
        else:
            return annotation


def members(annotation: Any) -> list[Any]:
    """The kinds that an annotation allows, None left out."""
    annotation = unwrap(annotation)
    if get_origin(annotation) not in _UNIONS:
        return [annotation]
    return [each for part in get_args(annotation) if part is not type(None) for each in members(part)]


def is_model(kind: Any) -> TypeGuard[type[BaseModel]]:
    """Whether it is a class of fields."""
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def is_secret(annotation: Any) -> bool:
    """Whether a field is a Secret and nothing else."""
    kind = unwrap(annotation)
    return isinstance(kind, type) and issubclass(kind, SecretStr)


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """The classes of fields that an annotation names, at any depth of lists and unions."""
    found: list[type[BaseModel]] = []
    for kind in members(annotation):
        if is_model(kind):
            found.append(kind)
        elif get_origin(kind) is not Literal:
            for part in get_args(kind):
                found += models_in(part)
    return found


def _role(kind: Any) -> str:
    return getattr(kind, "_role", "") if is_model(kind) else ""


def credentials_in(annotation: Any) -> list[Any]:
    """The ways to log in that a field offers; none where it is another field."""
    kinds = members(annotation)
    return kinds if kinds and all(_role(kind) == "credentials" for kind in kinds) else []


def complete(cls: type[BaseModel]) -> None:
    """Resolve names that were not known yet when the class was made, and check it if it was not checked."""
    if "_checked" not in cls.__dict__:
        try:
            cls.model_rebuild()
        except PydanticUndefinedAnnotation as error:
            raise DefinitionError(f"{cls.__name__}: the name {error.name!r} in an annotation is not known.") from None
        check_section(cls)


def check_section(cls: type[BaseModel]) -> None:
    """Raise DefinitionError if the class cannot be a (part of a) config. Waits where names are not known yet."""
    if not cls.__pydantic_complete__:
        return
    for problem in _problems(cls, top=_role(cls) == "config", inside=(cls,)):
        raise DefinitionError(problem)
    _check_defaults(cls)
    type.__setattr__(cls, "_checked", True)


def _problems(cls: type[BaseModel], *, top: bool, inside: tuple[type[BaseModel], ...]) -> Iterator[str]:
    for name, field in cls.model_fields.items():
        where = f"{cls.__name__}.{name}"
        if name == TITLE and not _is_ours(field):
            yield f"{where}: the SDK adds {TITLE} by itself; leave it out, and give the Credentials class its title=."
        elif name == "advanced" and top and _role(unwrap(field.annotation)) != "advanced":
            yield f"{where}: the advanced section is the SDK's; make it a subclass of Advanced, or choose another name."
        else:
            discriminated = field.discriminator is not None
            yield from _kind_problems(where, field.annotation, top, inside, alone=True, discriminated=discriminated)
            yield from _secret_default_problems(where, field)


def _is_ours(field: FieldInfo) -> bool:
    extra = field.json_schema_extra
    return isinstance(extra, dict) and extra.get("x-sdk-title") is True


def _kind_problems(
    where: str,
    annotation: Any,
    top: bool,
    inside: tuple[type[BaseModel], ...],
    *,
    alone: bool,
    discriminated: bool = False,
    within: Any = None,
) -> Iterator[str]:
    discriminated = discriminated or _is_discriminated(annotation)
    kinds = members(annotation)
    if any(_role(kind) == "credentials" for kind in kinds):
        yield from _credentials_problems(where, kinds, top and alone)
    elif len(kinds) > 1 and not (discriminated and all(is_model(kind) for kind in kinds)):
        yield f"{where} may be of {len(kinds)} kinds, which no form can show; choose one, or one and None."
    else:
        nullable = get_origin(unwrap(annotation)) in _UNIONS
        for kind in kinds:
            yield from _one_kind_problems(where, kind, inside, alone=alone and not nullable, within=within)


def _is_discriminated(annotation: Any) -> bool:
    if get_origin(annotation) is Annotated:
        inner, *extras = get_args(annotation)
        return any(getattr(extra, "discriminator", None) for extra in extras) or _is_discriminated(inner)
    return get_origin(annotation) in _UNIONS and any(_is_discriminated(part) for part in get_args(annotation))


def _one_kind_problems(
    where: str, kind: Any, inside: tuple[type[BaseModel], ...], *, alone: bool, within: Any
) -> Iterator[str]:
    name = where.rpartition(".")[2]
    if is_secret(kind):
        if within in (list, set, frozenset, tuple):
            yield f"{where} is a list of secrets, which Flow cannot encrypt; ask for one Secret, or for several fields."
        elif not alone:
            yield f'{where}: a Secret is plain text; write "{name}: Secret", with = Secret("") if it may be left out.'
    elif _is_other_secret(kind):
        yield f'{where}: a secret that is not plain text cannot be encrypted; write "{name}: Secret".'
    elif is_model(kind):
        if kind in inside:
            yield f"{where} contains {kind.__name__} within itself, which no form can show."
        elif _role(kind) == "config":
            yield f"{where} is a Config inside a Config; make {kind.__name__} a Section."
        else:
            yield from _problems(kind, top=False, inside=(*inside, kind))
    elif get_origin(kind) is not Literal:
        for part in get_args(kind):
            yield from _kind_problems(where, part, False, inside, alone=False, within=get_origin(kind))


def _is_other_secret(kind: Any) -> bool:
    return get_origin(kind) is pydantic.Secret or (
        isinstance(kind, type) and issubclass(kind, (SecretBytes, pydantic.Secret))
    )


def _credentials_problems(where: str, kinds: list[Any], top: bool) -> Iterator[str]:
    if not top:
        yield f"{where}: Credentials stand directly in the Config, not inside something else."
    elif not all(_role(kind) == "credentials" for kind in kinds):
        yield f"{where} mixes Credentials with other kinds; make each way to log in a Credentials class."
    seen: dict[str, str] = {}
    for kind in kinds:
        title = getattr(kind, "_title", "")
        if _role(kind) == "credentials" and not title:
            yield f"{where}: {kind.__name__} is no way to log in by itself; name the subclasses that are."
        elif title in seen:
            yield f"{where}: {seen[title]} and {kind.__name__} have one title, {title!r}; give each its own."
        seen[title] = getattr(kind, "__name__", "")


def _secret_default_problems(where: str, field: FieldInfo) -> Iterator[str]:
    if not field.is_required():
        try:
            factory: Any = field.default_factory
            default = factory() if factory else field.default
        except Exception:  # a factory that needs the other fields
            return
        if (is_secret(field.annotation) and isinstance(default, str) and default) or _holds_secret(default):
            yield f'{where}: a secret has no default but the empty one; write = Secret("").'


def _holds_secret(value: object) -> bool:
    if isinstance(value, SecretStr):
        return bool(value.get_secret_value())
    if isinstance(value, BaseModel):
        return any(_holds_secret(each) for _, each in value)
    if isinstance(value, Mapping):
        return any(_holds_secret(each) for each in value.values())
    return isinstance(value, (list, tuple, set, frozenset)) and any(_holds_secret(each) for each in value)


def _check_defaults(cls: type[BaseModel]) -> None:
    """Raise DefinitionError for a default that its own field refuses."""
    try:
        cls.model_validate({})
        return
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
    except Exception:  # an author's own validator that needs more than defaults: not ours to judge
        return
    for problem in problems:
        name = str(problem["loc"][0]) if problem["loc"] else ""
        field = cls.model_fields.get(name)
        if field is not None and not field.is_required():
            raise DefinitionError(f"{cls.__name__}.{name}: its own default does not fit it: {problem['msg']}.")
