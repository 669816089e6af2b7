"""Programs that act for organisations: how they are added, prove themselves, and end."""
