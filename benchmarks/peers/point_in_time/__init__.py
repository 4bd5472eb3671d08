"""Features of moments without the project's macro."""
