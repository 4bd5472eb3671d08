"""The same work written by hand: what the cases are measured against."""
