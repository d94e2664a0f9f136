"""A stateful fake of Linear's GraphQL API, for preview and tests. Written from Linear's public schema and its
documentation, not from the connector.

``sandbox(issues=600)`` gives a server with a made-up workspace. ``linear_sandbox.py`` has the options,
``linear_data.py`` the workspace, ``linear_changes.py`` what happens in it, ``linear_schema.py`` reads queries and
counts their points, and ``linear_routes.py`` answers them.
"""

from connector_sdk.testing.fake import beside

_made = beside(__file__, "linear_sandbox")
sandbox, PARTS = _made.sandbox, _made.PARTS
