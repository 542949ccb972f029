"""The haplotype wing: people's phased VCFs as features in bins along each haplotype."""
