"""Running a model. Knows prompts as tokens and text; knows nothing of agents or chat."""
