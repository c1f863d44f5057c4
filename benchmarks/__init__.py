"""Timed cases; `make bench` runs them all and `benchmarks/README.md` explains the numbers."""
