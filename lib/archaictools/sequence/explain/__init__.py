"""Explanations of a k-mer model: positions, k-mers and word vectors."""
