"""A model of the world: sources with all their habits, on a virtual clock, against the real planner and performer."""
