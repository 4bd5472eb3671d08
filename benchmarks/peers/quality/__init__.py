"""Quality rules without the macros that evaluate them together."""
