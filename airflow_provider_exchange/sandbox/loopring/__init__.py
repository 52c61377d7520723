"""
The paper Loopring: orders under ``/api/v3``, following the vendor's documents and published clients.

A cancel that names no order, or an empty one, cancels every order of the account. The venue's
published clients once cancelled that way, and its documents do not say that this has changed.
"""
