"""Many organisations at once: their hours dispatched, their rounds done by real workers, and what one round costs."""
