"""Widgets only: they show a view-model's state and hand intents back to it."""
