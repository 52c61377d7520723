"""Prints the CPU seconds that importing modules adds to ``import airflow.sdk``."""

import time
from importlib import import_module
from sys import argv, modules

import airflow.sdk  # noqa: F401

began = time.process_time()
for name in argv[1:]:
    module, _, attribute = name.partition(":")
    getattr(import_module(module), attribute)
took = time.process_time() - began
assert "ccxt" not in modules  # noqa: S101
print(took)
