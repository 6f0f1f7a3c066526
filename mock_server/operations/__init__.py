"""What the API does: a module for each tag, a function for each operationId in snake case."""
