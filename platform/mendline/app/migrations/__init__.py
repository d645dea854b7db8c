"""Migrations, one Tortoise app label; each file is named for what it does."""
