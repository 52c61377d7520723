"""
The paper Hyperliquid: perpetuals of the first exchange and spot, in one book, as the vendor's API documents tell.

What shows an account is posted to ``/info`` and not signed; whoever asks for another address gets what an account
without orders has. What changes something is posted to ``/exchange``, with the signature of the account's own key
or of its API wallet: which one it was follows from the signature alone.
"""
