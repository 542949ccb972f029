"""The k-mer wing: windows of a reference sequence as sentences of k-mers."""
