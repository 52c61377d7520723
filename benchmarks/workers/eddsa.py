"""Signs with this package, with or without gmpy2, or with the textbook version of the tests."""

import sys
import time

KEY = 0x2F1C7A0B6DE95384C1A2B3948576FE0D1C2B3A495867F0E1D2C3B4A5968770

which = sys.argv[1]
if which == "pure":
    sys.modules["gmpy2"] = None  # type: ignore[assignment]
if which == "textbook":
    from tests.crypto.textbook import sign
else:
    from airflow_provider_exchange.crypto.eddsa import sign  # type: ignore[assignment]

for line in sys.stdin:
    began = time.process_time()
    for message in range(int(line)):
        sign(KEY, message)
    print("seconds", time.process_time() - began, flush=True)
