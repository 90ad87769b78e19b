"""What is kept out of version control in earnest."""

import os

secret_key = os.environ.get("SCHOOLSITE_SECRET_KEY", "for development only")
