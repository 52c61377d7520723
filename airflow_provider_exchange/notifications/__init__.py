"""Notifiers of the exchange provider."""
