"""A base that is assigned to among others."""
names = _base_ = ["./a.py"]
from torch.optim import SGD
