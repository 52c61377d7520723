"""Loopring's signature scheme in layers, each of its own file: field, curve and hash, scheme (:mod:`.eddsa`)."""
