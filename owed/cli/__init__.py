"""The command line: one file a noun. Commands parse, call sync, and print; they decide nothing."""
