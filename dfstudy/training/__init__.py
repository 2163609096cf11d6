"""Fitting a detector under one protocol, and its results as files."""
