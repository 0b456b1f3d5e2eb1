"""Benchmarks: each prints the tables that the README quotes; `make bench`, `bench-music` and `bench-sound` run them."""
