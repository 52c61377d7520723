"""
The paper Deribit: the orders of every currency and kind under ``/api/v2``, following the vendor's API documents.

Requests are GETs with the method in the path, as ccxt sends them. Ids are numbers; those of orders that wait for a
price begin with ``SLMS-``. The prefixes that the venue gives ids of other currencies than BTC are left out, as an
id is made here before its market is known.
"""
