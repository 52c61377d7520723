"""
A demonstration of the end-of-day clean-up: run ``make demo`` or ``python -m demo`` in a clone.

It starts a paper exchange, places orders at its venues through their signed calls, lets real Airflow run
``dags_examples/end_of_day_cleanup.py``, and asks the exchange what is still open. One of the venues misbehaves: at
another paper exchange, a script with ccxt meets the same, and what it believed is shown beside what the task found.
All requests stay on this machine.
"""
