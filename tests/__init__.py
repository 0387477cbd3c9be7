"""What Outpost promises, written as tests."""
