if 1: if 1: a = 1
