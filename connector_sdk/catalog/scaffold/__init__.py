"""A new connector's folder: small, whole, and right as it is, to be changed stream by stream.

::

    folder = new_connector(Repository.find(), "source-acme", title="Acme")

What it holds previews, passes the conformance kit and builds before anybody has edited it.
"""

from connector_sdk.catalog.scaffold._names import check_name, check_title, title_of
from connector_sdk.catalog.scaffold._new import KINDS, new_connector

__all__ = ["KINDS", "check_name", "check_title", "new_connector", "title_of"]
