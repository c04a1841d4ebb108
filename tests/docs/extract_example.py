#!/usr/bin/env python3
"""Copies a C++ example of a document: extract_example.py DOCUMENT OUTPUT NUMBER, the first is 0."""
import re
import sys

with open(sys.argv[1], encoding="utf-8") as document:
    examples = re.findall(r"^```cpp\n(.*?)^```$", document.read(), re.M | re.S)
with open(sys.argv[2], "w", encoding="utf-8") as output:
    output.write(examples[int(sys.argv[3])])
