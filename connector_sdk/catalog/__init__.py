"""Estuary's catalog, requests for connectors, catalog entries and flow.yaml: the request path as files and checks.

::

    known       Estuary's catalog as data, and what it says of a system that somebody asks for
    requests    requests/*.yaml: states, steps, who may take them
    entries     catalog-entries/*.yaml: what people write of a connector, and what is made of it
    scaffold    a new connector's folder
    specs       flow.yaml: written from a connector, checked before flowctl sees it
    site        all of it as a static web page

No server and no database: state is a field in a file, history is git's.
"""
