#!/usr/bin/env python3
"""Copies the first C++ example of a document: extract_example.py DOCUMENT OUTPUT."""
import re
import sys

with open(sys.argv[1], encoding="utf-8") as document:
    code = re.search(r"^```cpp\n(.*?)^```$", document.read(), re.M | re.S)[1]
with open(sys.argv[2], "w", encoding="utf-8") as output:
    output.write(code)
