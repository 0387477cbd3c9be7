"""Outpost's behaviour without a window: agents, models, retrieval, conversations and the API."""

__version__ = "0.1.0"
