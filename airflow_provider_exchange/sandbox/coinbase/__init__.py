"""
The paper Coinbase: the orders of one portfolio under ``/api/v3/brokerage``, following the vendor's documents of the
Advanced Trade API.

Where the documents are silent, this one does as clients of the venue have recorded: a key or a token that is not
valid is told in plain words, and parameters that the venue does not know are passed over.
"""
