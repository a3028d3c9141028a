"""Facts that leave the house: the outbox and the catalogue of what may stand in it."""
