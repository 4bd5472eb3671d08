"""Times the project against peers that do the same work: `python -m benchmarks list`."""
