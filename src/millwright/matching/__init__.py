"""Record matching: which source records are one customer."""
