"""The demonstration: real processes, real HTTP, made-up people."""
