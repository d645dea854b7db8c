"""Duty rotas: who is on duty, who stands in, and what is handed over."""
