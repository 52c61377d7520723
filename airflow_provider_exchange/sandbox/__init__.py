"""
A paper exchange on loopback that implements the protocols of all its venues.

Start it with ``python -m airflow_provider_exchange.sandbox``, or inside a test with
:func:`airflow_provider_exchange.sandbox.testing.running_sandbox`. It verifies every signature from the bytes
it receives. Its own implementation follows the vendors' documents, and shares no code with the adapters it tests.

A venue is one folder here, with a subclass of :class:`.PaperVenue`, and one entry in :data:`.venues.VENUES`.
"""
