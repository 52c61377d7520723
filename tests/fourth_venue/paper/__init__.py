"""The paper Harbor: orders under ``/v1``. The vendor does not say how old a request may be: ten seconds here."""
