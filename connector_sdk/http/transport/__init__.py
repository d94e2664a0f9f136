"""What carries a request's bytes and an answer's: libcurl, or httpx.

Everything above knows only :class:`Transport`: redirects, credentials, limits, retries, decompression and sentences
about failures are the same whatever carries the bytes. ``CONNECTOR_TRANSPORT`` chooses: ``curl`` (the default, an
eighth of the CPU) or ``httpx``. Where pycurl cannot be imported httpx takes its place.

Both speak HTTP/1.1 over kept connections, ask the proxies that ``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY`` and
``NO_PROXY`` name, trust the certificates of ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` or else those of certifi, keep no
cookies, follow no redirects, and hand a body over as it came, compressed or not.
"""

from __future__ import annotations

import importlib.util
import os

from connector_sdk.errors import ConfigError

from .base import Head, Headers, NoAnswer, Transport, Unwritable

__all__ = ["Head", "Headers", "NoAnswer", "Transport", "Unwritable", "transport"]


def transport(at_once: int) -> Transport:
    """The transport that the environment asks for, with at most ``at_once`` connections."""
    name = os.environ.get("CONNECTOR_TRANSPORT", "")
    if name not in ("", "curl", "httpx"):
        raise ConfigError(f"CONNECTOR_TRANSPORT={name!r} is no transport:", hint="write curl or httpx, or leave it out")
    if name != "httpx" and (name == "curl" or importlib.util.find_spec("pycurl") is not None):
        from ._curl import CurlTransport

        return CurlTransport(at_once)
    from ._httpx import HttpxTransport

    return HttpxTransport(at_once)
