"""Adapters to the platforms: four verbs each, declared by a manifest. Platforms know nothing of each other."""
