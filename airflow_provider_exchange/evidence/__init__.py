"""Writes down what was asked of a venue and what it answered, in lines that hold the hash of the one before."""
