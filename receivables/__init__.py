"""The vocabulary of accounts receivable: frozen facts come in, frozen commands go out.

No input or output, no clock, and nothing of ours is imported here. Every other package speaks these words.
"""
