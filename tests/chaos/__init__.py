"""
Random clean-ups of misbehaving paper exchanges, judged by the exchanges' own books.

A run is drawn from a seed and a number: a venue, an operator and its arguments, orders, someone else who trades
meanwhile, and what goes wrong. ``python -m tests.chaos`` plays thousands of them, and with ``--seed S --run N`` one
of them again.
"""
