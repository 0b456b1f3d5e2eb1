"""Benchmarks: each prints the table that the README quotes. `make bench` runs them all."""
