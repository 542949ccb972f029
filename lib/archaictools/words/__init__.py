"""From sequence to sentences: regions, windows, k-mer words and the words.h5 file."""
