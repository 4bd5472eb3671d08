"""Samples and splits without the project's macros."""
