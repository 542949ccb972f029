"""The report of k-mers of a reference genome: one module for each section of the page."""
