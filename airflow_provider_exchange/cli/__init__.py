"""Commands of the exchange provider in Airflow's own command line."""
