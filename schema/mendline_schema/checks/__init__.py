"""What is proven of the whole schema before a process answers: nothing open by default, nothing that cannot be told."""
