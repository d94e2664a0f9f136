"""For all tests: connectors are forked from a process that has the SDK imported, which halves what the tests take.

``CONNECTOR_WARM=0`` starts each as Flow does, from nothing; tests of the command and of images always do.
"""

import os
import signal

from hypothesis import HealthCheck, settings

os.environ.setdefault("CONNECTOR_WARM", "1")
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as after `&` in a script; what tests start would ignore it too
    signal.signal(signal.SIGINT, signal.default_int_handler)
# how fast this machine is today decides no test
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
