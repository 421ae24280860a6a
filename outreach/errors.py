"""What composing refuses."""


class ComposeError(ValueError):
    """A message that must not be written; the text says why, for a bookkeeper."""
