"""``connector-sdk preview``: a real capture into a DuckDB file, watched while it runs."""

from connector_sdk.cli._preview._command import Choices, preview

__all__ = ["Choices", "preview"]
