"""What the package costs, beside what others cost: ``make bench``."""
