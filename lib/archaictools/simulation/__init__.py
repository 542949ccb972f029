"""Simulated samples with archaic ancestors, and the truth about every base."""
