"""The code of running tasks, which operators and the sensor import only in their methods."""
