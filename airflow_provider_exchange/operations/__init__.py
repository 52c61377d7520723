"""What is done with orders, the same for every exchange: generators of steps, without I/O."""
