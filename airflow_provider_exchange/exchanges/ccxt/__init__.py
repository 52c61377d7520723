"""
Exchanges that are reached with ccxt.

ccxt knows where an exchange's calls are, how they are signed, and at which URLs. What is asked, and what the
answers mean, stands in a profile for each exchange that is certified, in :mod:`.profiles`: ccxt's own reading of
an answer takes what is missing for nothing, and so proves nothing. :mod:`.client` has all that this package uses
of ccxt.
"""
