"""From sentences to a trained network: splits, metrics, training, prediction and the model.h5 file."""
