"""What passes between the layers: steps, messages, limits."""
