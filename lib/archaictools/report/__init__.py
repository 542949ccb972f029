"""One page of results: what was found, how sure it is, and a genome browser, in a single HTML file."""
