"""One video in, one verdict out."""
