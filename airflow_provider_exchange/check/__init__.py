"""The first contact with a venue: what it shows, beside what its adapter takes for granted."""
