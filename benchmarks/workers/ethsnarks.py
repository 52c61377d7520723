"""Signs with ``ethsnarks-loopring``, whose two compiled dependencies no longer build."""

import hashlib
import sys
import time
import types

from Crypto.Hash import keccak  # type: ignore[import-not-found, unused-ignore]

pyblake2, sha3 = types.ModuleType("pyblake2"), types.ModuleType("sha3")
vars(pyblake2)["blake2b"] = lambda data=b"", digest_size=64: hashlib.blake2b(data, digest_size=digest_size)
vars(sha3)["keccak_256"] = lambda data=b"": keccak.new(digest_bits=256, data=data)
sys.modules |= {"pyblake2": pyblake2, "sha3": sha3}

from ethsnarks_loopring import FQ, PoseidonEdDSA  # type: ignore[import-not-found, unused-ignore]  # noqa: E402

KEY = 0x2F1C7A0B6DE95384C1A2B3948576FE0D1C2B3A495867F0E1D2C3B4A5968770

for line in sys.stdin:
    began = time.process_time()
    for message in range(int(line)):
        PoseidonEdDSA.sign(message, FQ(KEY))
    print("seconds", time.process_time() - began, flush=True)
