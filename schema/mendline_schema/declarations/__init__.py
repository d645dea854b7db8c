"""The words in which GraphQL types, inputs and mutations are declared, and what is checked of them at the start."""
