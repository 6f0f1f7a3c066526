"""The command isc-contract: what it sends and does not send, what it says, and the exit code that says what came of it."""
