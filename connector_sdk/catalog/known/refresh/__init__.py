"""The catalog made anew from local checkouts of Estuary's two public repositories; nothing is fetched.

Files are read, never run or imported. What only people know (aliases, packages, variables, what took whose place) is
kept from the catalog before.
"""

from connector_sdk.catalog.known.refresh._changes import Change, changes
from connector_sdk.catalog.known.refresh._checkout import Checkouts, find_checkouts
from connector_sdk.catalog.known.refresh._refresh import dump, refresh

__all__ = ["Change", "Checkouts", "changes", "dump", "find_checkouts", "refresh"]
