"""A worker: takes occurrences from schedulers, runs their tasks, and reports what became of them."""
