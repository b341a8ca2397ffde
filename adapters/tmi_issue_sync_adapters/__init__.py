"""The trackers that ship with tmi-issue-sync; they enter by the same entry points as strangers."""
