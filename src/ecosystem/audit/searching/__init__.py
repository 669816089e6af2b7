"""Events by actor, object, type, time and reason, over all authorities that one oversees."""
