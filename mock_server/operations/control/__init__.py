"""The mock's own API, below /_mock: a module for each tag of spec/control.yaml."""
