"""The database brought up to date: roles, migrations, and what is made from the tables' declarations."""
