"""
The paper Loopring: orders under ``/api/v3``, after the vendor's documents and its published clients.

A cancel that names no order, or an empty one, cancels every order of the account. So did the real venue's
clients once, and nothing in its documents says that it has changed.
"""
