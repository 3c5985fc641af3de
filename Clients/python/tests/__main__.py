"""Runs all tests, and says at the end what was skipped and why."""

from __future__ import annotations

import logging
import os
import signal
import sys
import unittest

if __name__ == "__main__":
    # A shell that runs us in the background has interrupts ignored, and a test sends one.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # What plugins are made to print is wanted, and of no interest here.
    logging.getLogger("quire").setLevel(logging.CRITICAL)
    folder = os.path.dirname(os.path.abspath(__file__))
    suite = unittest.defaultTestLoader.discover(folder, top_level_dir=os.path.dirname(folder))
    outcome = unittest.TextTestRunner(verbosity=1).run(suite)
    reasons = [reason for _, reason in outcome.skipped]
    for reason in sorted(set(reasons)):
        print(f"skipped {reasons.count(reason)}: {reason}", file=sys.stderr)
    sys.exit(0 if outcome.wasSuccessful() else 1)
