"""The report of archaic segments in people: one module for each section of the page."""
