"""Which money is for which invoice: pure, and the same result for the same input in any order. See docs/matching.md."""
