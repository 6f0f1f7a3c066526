"""Pure rules that every endpoint shares."""
