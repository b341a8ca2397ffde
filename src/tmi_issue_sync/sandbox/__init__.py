"""A loopback TMI and loopback trackers: real HTTP servers for the demo, the tests and offline trials."""
