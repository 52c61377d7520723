"""
The paper KuCoin: ordinary, stop and OCO orders of a classic account's spot markets, by the vendor's documents.

Where these are silent, it does what others saw the venue do: of an order that it does not know, and of a market
without orders, it says null; a cancel that comes too late is told by a name in the message of 400100. What nobody
wrote down is our choice: a page size out of bounds is refused, ended stop and OCO orders can still be read, and an
OCO order whose price was reached stays ``TRIGGERED``.
"""
