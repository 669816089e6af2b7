"""How the schema comes to be: numbered steps, run by the owner of the tables."""
