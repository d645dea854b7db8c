"""Fault texts: words of danger in them, and their category by a model that is learned; knows no tickets or tenants.

Reading a model and predicting with it is pure Python; what learns is loaded by a child process alone.
"""

from mendline.faulttext.figures import Bin, Figures, Guess
from mendline.faulttext.learner import LearningFailed, learn_in_child
from mendline.faulttext.lesson import MOST_TEXTS, TEXTS_NEEDED, Learned, Lesson, missing
from mendline.faulttext.model import Model, Prediction, load
from mendline.faulttext.normalise import normalise
from mendline.faulttext.safety import Danger, find_dangers
from mendline.faulttext.safety_words import SAFETY_WORDS

__all__ = [
    "MOST_TEXTS",
    "SAFETY_WORDS",
    "TEXTS_NEEDED",
    "Bin",
    "Danger",
    "Figures",
    "Guess",
    "Learned",
    "LearningFailed",
    "Lesson",
    "Model",
    "Prediction",
    "find_dangers",
    "learn_in_child",
    "load",
    "missing",
    "normalise",
]
