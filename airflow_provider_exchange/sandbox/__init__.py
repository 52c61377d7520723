"""
A paper exchange on loopback that speaks the protocols of all its venues at once.

Start it with ``python -m airflow_provider_exchange.sandbox``, or inside a test with
:func:`airflow_provider_exchange.sandbox.testing.running_sandbox`. It verifies every signature from the bytes
it receives, by its own reading of the vendors' documents: it shares no code with the adapters it serves.

A venue is one folder here, with a subclass of :class:`.PaperVenue`, and one entry in :data:`.venues.VENUES`.
"""
