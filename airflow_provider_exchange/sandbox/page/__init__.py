"""The page of the paper exchange, for whoever rehearses with one eye on it."""
