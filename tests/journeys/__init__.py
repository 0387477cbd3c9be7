"""Stories told through the window and through REST."""
