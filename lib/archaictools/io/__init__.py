"""Files: every format that is read or written."""
