"""Killable: a child process is given bytes and answers bytes, or is killed. The package's face."""

from mendline.killable.answer import ChildFailed, answer_of

__all__ = ["ChildFailed", "answer_of"]
