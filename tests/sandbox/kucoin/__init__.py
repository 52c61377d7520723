"""The paper KuCoin, asked by its own raw requests and by a client that nobody here wrote."""
