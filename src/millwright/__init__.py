"""Millwright: the ML data layer of a warehouse, as one dbt project."""

__version__ = "0.1.0"
