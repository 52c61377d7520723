"""Operators of the exchange provider."""
