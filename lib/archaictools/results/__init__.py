"""What is drawn from a trained model: importance, vectors, tracks and genes."""
