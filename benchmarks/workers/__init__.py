"""Scripts for processes of their own; see :mod:`benchmarks.processes`."""
