"""State and signals without widgets: one view-model per page, all of it testable headless."""
