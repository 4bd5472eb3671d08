"""What the tests need around them: servers, runners, comparisons."""
