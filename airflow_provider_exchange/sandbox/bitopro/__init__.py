"""
The paper BitoPro: orders under ``/v3``, following the vendor's API documents.

What they leave open is our choice: a payload's nonce (and the ``timestamp`` of a new order) may be
ten seconds off; a finished order refuses a cancel with 422; a batch leaves out what it could not cancel.
"""
