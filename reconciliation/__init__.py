"""Reconciliation, pure: which money belongs to which invoice, and a name for every difference."""
