"""The benchmark's parts; see docs/benchmark.md."""
