"""The steps of the state machine, by what they are about."""
