"""
The paper Nami: spot orders under ``/api/v4/spot``, after the vendor's API pages.

Where the pages are silent, this exchange decides: the history holds finished orders, newest first, pages
count from 1; an unknown order is ``NOT_FOUND_ORDER``, a finished one ``NO_SUCH_ORDER``; timestamps may be
five seconds off.
"""
