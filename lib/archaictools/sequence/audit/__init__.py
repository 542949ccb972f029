"""Audits of a split into train, validation and test."""
