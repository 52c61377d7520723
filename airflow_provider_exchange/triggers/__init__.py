"""Triggers of the exchange provider."""
