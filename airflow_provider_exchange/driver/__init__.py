"""Runs operations: schedules their requests within rate limits and deadlines, and sends them over HTTP."""
