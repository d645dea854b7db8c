"""Who comes in: login, sessions, tokens, API keys, and codes that link a chat."""
