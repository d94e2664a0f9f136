"""What a user fills in: the config of a connector, the ways to log in, and the JSON Schema its form is made of.

An author writes::

    class AccessKey(Credentials, title="Access key"):
        access_key: str
        access_key_secret: Secret

        def auth(self) -> Basic:
            return Basic(self.access_key, self.access_key_secret)


    class GongConfig(Config):
        credentials: AccessKey | Login
        start_date: StartDate = "2024-01-01T00:00:00Z"
        workspace_id: str | None = None
        \"\"\"Only the calls of this workspace.\"\"\"

The rest of the SDK calls ``parse_config``, ``config_schema`` and ``secrets_of``.
"""

from __future__ import annotations

from connector_sdk.config._auth import (
    ApiKey,
    Auth,
    Basic,
    Bearer,
    CustomAuth,
    JwtLogin,
    OAuth2,
    OAuth2Login,
    Outgoing,
    Post,
    SessionLogin,
    reveal,
)
from connector_sdk.config._config import Config, parse_config
from connector_sdk.config._credentials import Credentials, OAuth2Credentials
from connector_sdk.config._lint import lint_config_schema
from connector_sdk.config._schema import config_schema
from connector_sdk.config._secrets import secrets_of
from connector_sdk.config._section import Advanced, Secret, Section, StartDate

__all__ = [
    "Advanced",
    "ApiKey",
    "Auth",
    "Basic",
    "Bearer",
    "Config",
    "Credentials",
    "CustomAuth",
    "JwtLogin",
    "OAuth2",
    "OAuth2Credentials",
    "OAuth2Login",
    "Outgoing",
    "Post",
    "Secret",
    "Section",
    "SessionLogin",
    "StartDate",
    "config_schema",
    "lint_config_schema",
    "parse_config",
    "reveal",
    "secrets_of",
]
