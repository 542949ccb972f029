"""Learning, whatever the input: networks, training, splits, measures and model files."""
