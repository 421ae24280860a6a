"""Breaks by what they are about: each module finds one family of differences. See docs/breaks.md."""
