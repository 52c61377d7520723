"""Hooks of the exchange provider."""
