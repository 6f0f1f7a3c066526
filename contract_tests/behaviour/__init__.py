"""One promise a test, over HTTP."""
