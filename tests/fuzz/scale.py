"""How much is tried: little in the tests of every day, more by ENERMON_FUZZ_EXAMPLES."""

import os

EXAMPLES = int(os.environ.get("ENERMON_FUZZ_EXAMPLES", "5"))
"""Requests of each operation of the API."""
