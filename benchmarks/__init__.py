"""What `make bench` measures, on a database of its own. Results: benchmarks/results/, docs/benchmarks.md."""
