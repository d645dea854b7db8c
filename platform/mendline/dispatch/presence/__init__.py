"""When people can be sent: shifts, absences, and times that are taken elsewhere."""
