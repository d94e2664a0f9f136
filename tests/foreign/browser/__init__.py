"""A real browser judges the site that ``connector-sdk catalog site`` writes: headless Chromium, and axe-core.

``python -m tests.foreign.browser`` makes sites, installs what drives the browser into an environment of its own, and
prints what was found; screenshots are in ``build/site``. ``judge.py`` runs there, never in the project's environment.
"""
