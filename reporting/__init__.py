"""Projections: what was told of the rooms below, in the shape in which somebody asks for it."""
