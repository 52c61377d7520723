"""Sensors of the exchange provider."""
