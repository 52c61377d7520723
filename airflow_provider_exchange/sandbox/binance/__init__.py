"""
The paper Binance: spot orders under ``/api``, those of USD-M futures and their algo orders under ``/fapi``.

Sources: the vendor's "REST API" and "Error codes" of Spot, and its pages of USD-M futures: "Query Order", "All
Orders", "Cancel Multiple Orders", "New Algo Order", "Cancel Algo Order", "Query Algo Order", "Current All Algo Open
Orders", "Query All Algo Orders" and "Error Code". Since December 2025 USD-M futures take stops only as algo orders,
which neither the list nor the query of other orders shows.

What the pages leave open is our choice, or what users of published clients report: USD-M futures take names of
parameters in any case, and ignore those that they do not know; the spot API refuses them. It cuts a ``limit`` above
the maximum, which USD-M futures refuse. An algo order that triggers places an order in the book of USD-M futures,
and is ``TRIGGERED`` until that one ends. Pages of the history of algo orders are counted from one. The cancel
of one order of an order list ends both, as documented, and shows the one that it named.
"""
