"""
The paper Kraken: spot orders of one account under ``/0``, following the vendor's API documents.

What they leave open is our choice: that a read leaves out ids that it does not know, which was seen; that a batch
counts only the orders that it cancelled; and that a request with a wrong nonce uses none up.
"""
