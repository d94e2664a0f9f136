"""The ways to log in: each a class of fields and what is made of them."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, Field, field_validator
from pydantic_core import PydanticCustomError

from connector_sdk.config._auth import Auth, OAuth2, OAuth2Login
from connector_sdk.config._section import OWN_ERROR, Secret, Section
from connector_sdk.config._words import one_of, title_from
from connector_sdk.errors import DefinitionError

__all__ = ["Credentials", "OAuth2Credentials", "names_of", "required_of"]


class Credentials(Section, use_attribute_docstrings=False):
    """One way to log in: fields, and ``auth()`` which makes of them what requests carry.

    ``class AccessKey(Credentials, title="Access key")``; the title is made from the class's name where it is not given.
    Users see the titles as a choice; ``credentials_title`` holds the chosen one and is filled in by itself.
    """

    _role = "credentials"
    _title: ClassVar[str] = ""

    credentials_title: str = Field(default="", title="Way to log in", json_schema_extra={"x-sdk-title": True})

    def auth(self) -> Auth:
        """What requests carry: ``Basic``, ``Bearer``, ``ApiKey`` or ``OAuth2Login``."""
        raise NotImplementedError

    @field_validator("credentials_title", mode="after")
    @classmethod
    def _one_title(cls, value: str) -> str:
        if value not in ("", cls._title):
            raise PydanticCustomError(OWN_ERROR, "must be {title}", {"title": one_of([cls._title])})
        return cls._title

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        given = cls.model_config.get("title")
        bases = [base for base in cls.__bases__ if issubclass(base, BaseModel)]
        inherited = any(base.model_config.get("title") == given for base in bases)
        cls._title = given if given and not inherited else title_from(cls.__name__)
        super().__pydantic_init_subclass__(**kwargs)
        if cls.auth is Credentials.auth:
            hint = "add def auth(self) that returns Basic, Bearer or ApiKey of its fields."
            raise DefinitionError(f"{cls.__name__} has no auth():", hint=hint)


class OAuth2Credentials(Credentials, use_attribute_docstrings=False):
    """A login with tokens that a provider gives. Subclass it with ``provider = OAuth2(...)``."""

    provider: ClassVar[OAuth2]

    client_id: str = Field(title="Client ID", description="The client ID of your OAuth app.")
    client_secret: Secret = Field(title="Client secret", description="The client secret of your OAuth app.")
    refresh_token: Secret = Field(
        default=Secret(""), title="Refresh token", description="The refresh token that the login gave."
    )

    def auth(self) -> OAuth2Login:
        """The provider and what it needs."""
        return OAuth2Login(self.provider, self.client_id, self.client_secret, self.refresh_token)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if not isinstance(getattr(cls, "provider", None), OAuth2):
            raise DefinitionError(f"{cls.__name__} has no provider:", hint="write provider = OAuth2(authorize, token).")


OAuth2Credentials._title = ""  # it is no way to log in by itself


def names_of(model: type[BaseModel]) -> list[str]:
    """The keys that an object of this class may have, in the order of declaration."""
    names: list[str] = []
    for name, field in model.model_fields.items():
        if name == "refresh_token" and issubclass(model, OAuth2Credentials) and model.provider.grant != "refresh_token":
            continue
        alias = field.validation_alias or field.alias
        if alias is None or model.model_config.get("populate_by_name"):
            names.append(name)
        names += [alias] if isinstance(alias, str) else [c for c in getattr(alias, "choices", ()) if isinstance(c, str)]
    return names


def required_of(model: type[BaseModel]) -> list[str]:
    """The keys that an object of this class must have."""
    required: list[str] = []
    for name, field in model.model_fields.items():
        oauth = name == "refresh_token" and issubclass(model, OAuth2Credentials) and name in names_of(model)
        if field.is_required() or oauth:
            alias = field.validation_alias or field.alias
            required.append(alias if isinstance(alias, str) else name)
    return required
