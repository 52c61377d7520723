"""What only a running task needs. Imported late: every parse of every DAG file imports the operators."""
