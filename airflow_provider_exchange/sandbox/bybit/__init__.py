"""
The paper Bybit: spot and linear orders of a unified account under ``/v5``, following the vendor's API documents.

Where the venue was seen to differ from its documents, this one does as the venue does: pages end with an empty one,
a spot order without an id of its client's shows one of the venue's, and what is not set is an empty text.
"""
