"""
The paper OKX: ordinary and algo orders under ``/api/v5``, following the vendor's API documents.

Where these are silent, it does what others saw the venue do: an unknown order is 51603 to a read and 51400 to a
cancel, a list without its ``ordType`` is 51000, and errors of authentication have no ``data``. What nobody wrote
down is our choice: a batch that is too long is refused with 50025, orders that must trade at once and cannot are
cancelled at once, and a filled order can be read for 3 months.
"""
