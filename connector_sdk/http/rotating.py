"""Refresh tokens that are good for one use: sealed, so that the newest may lie in the state (R4, R24)."""

from __future__ import annotations

import hashlib
import hmac
import logging
from typing import Any

from connector_sdk.config import Auth, Credentials, OAuth2Login, reveal
from connector_sdk.errors import NotPerformedError

__all__ = ["Safe", "rotating"]

_log = logging.getLogger("connector_sdk.http")


def rotating(auth: Auth | Credentials | None) -> OAuth2Login | None:
    """The login of these credentials, where its refresh tokens are good for one use."""
    plain = auth.auth() if isinstance(auth, Credentials) else auth
    if isinstance(plain, OAuth2Login) and plain.provider.rotates and plain.provider.grant == "refresh_token":
        return plain
    return None


class Safe:
    """Seals refresh tokens with a key made of the client's secret and the refresh token that the user filled in.

    Whoever reads the state learns nothing without the config; and a login that is made anew makes another key, so
    that its own token is used and not the one of the login before. Raises NotPerformedError where the library that
    seals (the extra ``rotating``) is not installed.
    """

    def __init__(self, login: OAuth2Login) -> None:
        try:
            from nacl.encoding import URLSafeBase64Encoder
            from nacl.exceptions import CryptoError
            from nacl.secret import SecretBox
        except ImportError:
            raise NotPerformedError(
                "OAuth2(rotates=True) needs a library that seals the newest refresh token in the state.",
                hint="depend on estuary-connector-sdk[rotating] in the connector",
            ) from None
        parts = (login.provider.token, login.client_id, reveal(login.client_secret), reveal(login.refresh_token))
        secret = b"\0".join(each.strip().encode() for each in parts)
        # both are random and long as providers make them, so no slow derivation is needed
        key = hmac.digest(b"connector_sdk: refresh token in the state", secret, hashlib.sha256)
        self._box: Any = SecretBox(key)
        self._text: Any = URLSafeBase64Encoder
        self._wrong = (CryptoError, ValueError, TypeError)  # of another key, or no seal at all

    def seal(self, token: str) -> str:
        """Text that shows nothing of the token."""
        return str(self._box.encrypt(token.encode(), encoder=self._text).decode())

    def open(self, sealed: object) -> str | None:
        """The token; None where there is none, or where it was sealed for another login."""
        if not isinstance(sealed, str) or not sealed:
            return None
        try:
            return str(self._box.decrypt(sealed.encode(), encoder=self._text).decode())
        except self._wrong:
            _log.info("the credentials were changed: the refresh token of the config is used")
            return None
