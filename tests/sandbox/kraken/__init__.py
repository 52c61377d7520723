"""The paper Kraken, asked by its own raw requests and by a client that nobody here wrote."""
