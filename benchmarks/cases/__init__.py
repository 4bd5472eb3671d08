"""One module per case, each with its `CASE`."""
