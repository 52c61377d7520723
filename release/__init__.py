"""Builds the files of a release, and refuses what nobody could vouch for: ``make release``."""
