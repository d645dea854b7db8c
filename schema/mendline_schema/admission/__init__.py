"""Admission: what an operation is, what it costs, who pays and who asks, settled before it runs."""
