"""SQLite: the one truth. Takes and returns records; rows and SQL never leave this package."""
