"""Images: a connector's definition, locked packages and frozen spec, built with an engine or without, then started.

::

    settings = read_settings("source-gong", "source_gong", Path("connectors/source-gong"))
    built = build(settings, Options(tag="ghcr.io/acme/source-gong:v1", push=True))
    built.digest  # sha256:...

    player = Player(attached("ghcr.io/acme/source-gong:v1"))  # the Flow runtime against the image
"""

from connector_sdk.images._attached import attached, required
from connector_sdk.images._build import build, write_context
from connector_sdk.images._checks import Check
from connector_sdk.images._container import Limits
from connector_sdk.images._job import Built, Options
from connector_sdk.images._lock import LOCK, inputs, locked, make_lock
from connector_sdk.images._packages import packages_of
from connector_sdk.images._settings import Settings, read_settings
from connector_sdk.images._size import Size

__all__ = [
    "LOCK",
    "Built",
    "Check",
    "Limits",
    "Options",
    "Settings",
    "Size",
    "attached",
    "build",
    "inputs",
    "locked",
    "make_lock",
    "packages_of",
    "read_settings",
    "required",
    "write_context",
]
