"""One file and its arrays: probe, read, sample, faces, write. Knows no manifest."""
