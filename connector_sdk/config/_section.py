"""The parts of a config: secrets, instants, and groups of fields."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, WithJsonSchema
from pydantic_core import PydanticCustomError

from connector_sdk.config._check import check_section

__all__ = ["OWN_ERROR", "Advanced", "Secret", "Section", "StartDate", "instant"]

OWN_ERROR = "connector_config"
"""The type of pydantic errors whose text is already one of our sentences."""

_INSTANT = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?) ?([Zz]|[+-]\d\d(?::?\d\d)?)?)?", re.ASCII
)


class Secret(SecretStr):
    """A text that no output ever shows: ``token: Secret``. ``reveal(token)`` gives the text."""


def instant(value: str) -> str:
    """A date, or a date and time, in ISO 8601 as the same instant in UTC with a ``Z``."""
    try:
        match = _INSTANT.fullmatch(value.strip())
        if match is None:
            raise ValueError
        day, time, zone = match.groups()
        at = datetime.fromisoformat(f"{day}T{time or '00:00'}{(zone or 'Z').upper()}").astimezone(UTC)
    except (ValueError, OverflowError):
        text = "must be a date or an instant in ISO 8601, such as 2024-01-01 or 2024-01-01T00:00:00Z"
        raise PydanticCustomError(OWN_ERROR, text) from None
    text = at.isoformat().removesuffix("+00:00")
    return (text.rstrip("0") if "." in text else text) + "Z"


StartDate = Annotated[
    str,
    AfterValidator(instant),
    # no Field here: before pydantic 2.11.10 it would hand the default of one class on to the next
    WithJsonSchema(
        {
            "title": "Start date",
            "description": "Records from before this date and time are not captured.",
            "type": "string",
            "format": "date-time",
        }
    ),
]
"""An instant in ISO 8601, kept in UTC with a ``Z``. A date alone is its midnight; what has no offset is UTC."""


class Section(BaseModel):
    """A group of fields in a config, shown as a group of the form. Unknown fields are refused; docstrings describe.

    The SDK's own sections say ``description=`` instead, and ``use_attribute_docstrings=False``: to look for docstrings
    is to read their source at each start of a process, which takes longer than anything else in them.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        protected_namespaces=(),
        validate_default=True,
    )

    _role: ClassVar[Literal["section", "advanced", "credentials", "config"]] = "section"

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        check_section(cls)
        cls.model_config["use_attribute_docstrings"] = True  # of the classes that are made of it


Section.model_config["use_attribute_docstrings"] = True


def _http_address(value: str) -> str:
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
        good = (
            good and parts.port != 0 and not (parts.query or parts.fragment) and not re.search(r"[\s\x00-\x1f]", value)
        )
    except ValueError:
        good = False
    if value and not good:
        raise PydanticCustomError(OWN_ERROR, "must be an http or https address, such as https://api.example.com")
    return value


class Advanced(Section, use_attribute_docstrings=False):
    """The settings that few people need. Every config has them; a subclass adds its own fields.

    Keys that are not known are let through (``feature_flags`` and what platforms add).
    """

    model_config = ConfigDict(extra="allow")

    _role = "advanced"

    base_url: Annotated[str, AfterValidator(_http_address)] = Field(
        default="",
        title="API base URL",
        description="Sends all requests to this address instead. For tests and proxies.",
        json_schema_extra={"x-hidden-field": True},
    )
