"""Between organisations: what is shared and promised, asked for, kept for another and claimed."""
