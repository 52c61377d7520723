"""Carries out what operations ask for: when, how fast, how often, until when, and over which HTTP client."""
