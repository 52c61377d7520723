"""
Harbor, a venue that somebody made up, added as ``docs/adding-an-exchange.md`` says: what it took is in this folder.

In the package its adapter would be ``exchanges/harbor.py``, its hook ``hooks/harbor.py``, its paper venue
``sandbox/harbor/``, and the entries of :mod:`.entries` would stand in the registries.
"""
