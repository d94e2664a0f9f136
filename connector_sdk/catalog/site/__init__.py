"""The whole catalog as a static site: ours, Estuary's, and the requests, in pages that need nothing else.

::

    _facts, _ours, _asked     what entries and requests tell, read without trust
    _scene                    all of it, and where each thing has its page
    _html, _pieces, _frame    markup that is escaped by construction; what pages share
    _overview, _connector, _requests, _estuary    the pages
    _build                    the files

A page works from a file and from any web server, in any folder; without JavaScript all but the search does.
"""

from connector_sdk.catalog.site._build import build

__all__ = ["build"]
