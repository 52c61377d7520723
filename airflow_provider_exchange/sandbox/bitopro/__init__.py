"""
The paper BitoPro: orders under ``/v3``, after the vendor's API documents.

Where they are silent, this exchange decides: a payload's nonce (and the ``timestamp`` of a new order) may be
ten seconds off; a finished order refuses a cancel with 422; a batch leaves out what it could not cancel.
"""
