"""Airflow provider that cancels orders on crypto exchanges and proves that they are gone."""

__version__ = "0.1.0"
