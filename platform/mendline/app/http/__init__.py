"""HTTP: what the web process serves, and what stands before it."""
