"""Files of the field: FASTA, BED, GTF/GFF, bigWig, tables, HDF5 containers."""
