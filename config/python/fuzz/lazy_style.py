from mmengine.config import read_base
with read_base():
    from .a import *
    from ..b.c import model as net
import torch.nn as nn
import x.y
from mmdet.models import (A as B,
                          C)
model.update(dict(type=B, n=nn.Linear, m=x.y.z, neck=dict(_delete_=True)))
model.merge(dict(_delete_=True, s=str(C)))
net.depth = [C]
