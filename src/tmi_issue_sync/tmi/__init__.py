"""The TMI room: reading threat models and threats, identities, and the only write to TMI."""
