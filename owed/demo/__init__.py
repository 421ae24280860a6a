"""The demo: the whole product run once against the sandbox."""
