"""Catalog entries: ``catalog-entries/NAME.yaml``, what people write of a connector and what is made of it.

::

    repository = Repository.find()
    sync(repository, "source-gong")                 # the generated part anew, from spec and discovery
    findings = check_entries(repository, "main")    # what is wrong, with file, line and what to do
    pack(repository, "source-gong", Path("pack"))   # what Estuary needs to register the image

The part that people write is small; the other is written by the tool alone, and a hash holds it together.
"""

from connector_sdk.catalog.entries._checks import check_draft, check_entries, check_image
from connector_sdk.catalog.entries._entry import Entry, Gap, Overlap, entry_files, entry_named, read_entries
from connector_sdk.catalog.entries._evidence import ImageFacts, read_image
from connector_sdk.catalog.entries._lifecycle import STATES
from connector_sdk.catalog.entries._pack import pack
from connector_sdk.catalog.entries._schema import entry_schema
from connector_sdk.catalog.entries._sync import Synced, begin, sync

__all__ = [
    "STATES",
    "Entry",
    "Gap",
    "ImageFacts",
    "Overlap",
    "Synced",
    "begin",
    "check_draft",
    "check_entries",
    "check_image",
    "entry_files",
    "entry_named",
    "entry_schema",
    "pack",
    "read_entries",
    "read_image",
    "sync",
]
