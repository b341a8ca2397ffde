"""Threat text made safe, and CommonMark for every tracker."""
