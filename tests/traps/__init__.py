"""What well-known projects do that a tool could trip over, each as a small tree of its own, run by both tools."""
