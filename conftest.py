"""For all tests: connectors are forked from a process that has the SDK imported, which halves what the tests take.

``CONNECTOR_WARM=0`` starts each as Flow does, from nothing; tests of the command and of images always do.
"""

import os

os.environ.setdefault("CONNECTOR_WARM", "1")
