"""One Python function a verb."""
