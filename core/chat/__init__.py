"""One turn from question to cited answer, and the history of turns."""
