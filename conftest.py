"""For all tests: connectors are forked from a process that has the SDK imported, which halves what the tests take.

``CONNECTOR_WARM=0`` starts each as Flow does, from nothing; tests of the command and of images always do.
"""

import os

from hypothesis import HealthCheck, settings

os.environ.setdefault("CONNECTOR_WARM", "1")
# how fast this machine is today decides no test
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
