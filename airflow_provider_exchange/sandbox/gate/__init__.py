"""
The paper Gate: orders of spot markets and of contracts that are settled in USDT, under ``/api/v4``.

It follows the vendor's documents of API v4. Orders that wait for a price are in books of their own, as there.
"""
