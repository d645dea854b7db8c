"""Transport: how operations come over HTTP, WebSocket and event streams, and how answers and errors go."""
