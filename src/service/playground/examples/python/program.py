import sys

for line in sys.stdin:
    words = line.split()
    print("%2d words: %s" % (len(words), " ".join(reversed(words))))
