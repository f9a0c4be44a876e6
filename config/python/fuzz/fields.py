a = f'{{x{1}}}{2!r:>{3}}'
b = '{{ fileBasename }}{{ $A:1 }}{{'
c = range(9)[1:8:2] | {}
