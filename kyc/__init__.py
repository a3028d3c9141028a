"""Who people are: identity details and documents, their review, and the tier it leads to."""
