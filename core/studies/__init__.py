"""Long work over many documents, in steps: summaries, question tables, and checks of agents."""
