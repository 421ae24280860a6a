"""The shell: the only package that knows everyone. A task opens one transaction, calls the core, saves, and commits."""
