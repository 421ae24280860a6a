"""Matching against invented ledgers whose truth is known, beside a simple matcher on the same data."""
