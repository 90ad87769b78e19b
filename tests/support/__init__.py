"""What tests share: real databases, projects on disk, and both command lines."""
