"""Names of the classes in files, and their numbers in arrays."""

INTROGRESSED, DEPLETED, UNLABELLED = "introgressed", "depleted", "."

LABELS = {INTROGRESSED: 1, DEPLETED: 0, UNLABELLED: -1}
