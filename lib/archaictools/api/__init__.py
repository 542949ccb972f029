"""One Python function per verb."""
