"""Speed, memory and coverage, each against a named baseline in the same run.

    python -m benchmarks                        # all but the long ones: half an hour
    python -m benchmarks frames_vs_decode       # some of them
    python -m benchmarks --quick                # does it run? Numbers mean nothing
    python -m benchmarks --list
    python -m benchmarks profile prepare        # where time goes

A benchmark is one function: it does its work in two ways, in turns, and returns the
medians (see `measure`). The numbers are printed as a Markdown table, and kept by name
in `runs/benchmarks.json`. A target that is missed is said, and is no error: a machine
may be busy. Nothing of this runs in a test but the quick sizes.
"""
