"""What is done about orders, in terms of any exchange. Pure: generators of steps."""
