"""People simulated with archaic ancestors, and the truth about every base of them."""
