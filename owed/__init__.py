"""owed: the product. Nothing imports it."""
