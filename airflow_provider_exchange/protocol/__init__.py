"""What the layers exchange: steps, HTTP messages, rate limits."""
