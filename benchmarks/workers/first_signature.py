"""Prints the CPU seconds by which the first signature of a process takes longer than that of a second key."""

import sys
import time

if sys.argv[1] == "pure":
    sys.modules["gmpy2"] = None  # type: ignore[assignment]
else:
    import gmpy2  # noqa: F401
from airflow_provider_exchange.crypto.eddsa import sign

imported = time.process_time()
sign(0x2F1C7A0B6DE95384C1A2B3948576FE0D1C2B3A495867F0E1D2C3B4A5968770, 1)
signed = time.process_time()
sign(0x2F1C7A0B6DE95384C1A2B3948576FE0D1C2B3A495867F0E1D2C3B4A5968771, 2)
print(signed - imported - (time.process_time() - signed))
