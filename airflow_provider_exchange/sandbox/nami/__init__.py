"""
The paper Nami: spot orders under ``/api/v4/spot``, following the vendor's API pages.

What the pages leave open is our choice: the history holds finished orders, newest first, pages
count from 1; an unknown order is ``NOT_FOUND_ORDER``, a finished one ``NO_SUCH_ORDER``; timestamps may be
five seconds off.
"""
