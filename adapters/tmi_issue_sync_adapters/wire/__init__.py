"""What adapters share: one connection with one deadline, answers that arrived whole, how to reach a server."""
