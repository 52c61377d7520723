"""
The code of running tasks.

Operators and the sensor import it inside methods only: Airflow imports them whenever it parses a DAG file.
"""
