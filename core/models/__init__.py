"""Model files: which there are, what their headers say, and whether they may be loaded."""

from core.models.catalogue import Models

__all__ = ["Models"]
