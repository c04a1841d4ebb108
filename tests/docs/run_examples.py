#!/usr/bin/env python3
"""Runs the examples of the documentation as they are written.

    run_examples.py PROGRAM... DOCUMENT.md...

The programs are those that the examples call by name.

An example is a fenced block marked `console`. Lines that begin with "$ " are commands (a trailing
backslash continues them); what follows is the expected output, standard error included. In it, "…"
stands for any text within a line, and a line "…" alone for any lines. A block marked `console not-run`
is only read. A fenced block marked `file NAME` is written to that file first. All blocks of one
document share a directory.

Where a document speaks of localhost:8080, the service runs meanwhile, at a port of its own.
"""
import contextlib
import os
import re
import subprocess
import sys
import tempfile
import threading


def blocks(text):
    for match in re.finditer(r"^```([^\n]*)\n(.*?)^```$", text, re.M | re.S):
        yield match[1].strip(), match[2], text[: match.start()].count("\n") + 1


def commands(block):
    command, output = None, []
    for line in block.splitlines():
        if command is not None and command.endswith("\\"):
            command = command[:-1] + line
        elif line.startswith("$ "):
            if command is not None:
                yield command, output
            command, output = line[2:], []
        else:
            output.append(line)
    if command is not None:
        yield command, output


def pattern(lines):
    parts = []
    for line in lines:
        if line.strip() == "…":
            parts.append(r"(?:[^\n]*\n)*")
        else:
            parts.append("[^\n]*".join(re.escape(piece) for piece in line.split("…")) + "\n")
    return "".join(parts)


ADDRESS = "localhost:8080"


@contextlib.contextmanager
def service(environment):
    """The service; gives its address."""
    server = subprocess.Popen(["cloche", "serve", "--listen", "127.0.0.1:0"], env=environment,
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        for line in server.stderr:
            if found := re.search(r"address=127\.0\.0\.1:(\d+)", line):
                threading.Thread(target=server.stderr.read, daemon=True).start()
                yield "localhost:" + found[1]
                return
        raise RuntimeError("the service did not start")
    finally:
        server.terminate()
        server.wait()


def main():
    documents = [name for name in sys.argv[1:] if name.endswith(".md")]
    programs = [os.path.abspath(name) for name in sys.argv[1:] if name not in documents]
    places = [os.path.dirname(program) for program in programs] + [os.environ["PATH"]]
    environment = dict(os.environ, PATH=":".join(places))
    passed = failed = 0
    for document in documents:
        with open(document, encoding="utf-8") as file:
            text = file.read()
        with contextlib.ExitStack() as stack:
            directory = stack.enter_context(tempfile.TemporaryDirectory())
            address = stack.enter_context(service(environment)) if ADDRESS in text else ADDRESS
            for mark, block, line in blocks(text):
                if mark.startswith("file "):
                    with open(os.path.join(directory, mark[5:]), "w", encoding="utf-8") as file:
                        file.write(block)
                if mark != "console":
                    continue
                for command, expected in commands(block.replace(ADDRESS, address)):
                    run = subprocess.run(["bash", "-c", command], cwd=directory, env=environment,
                                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                         stderr=subprocess.STDOUT, timeout=120)
                    output = run.stdout.decode("utf-8", "replace")
                    if output and not output.endswith("\n"):
                        output += "\n"
                    if re.fullmatch(pattern(expected), output):
                        passed += 1
                        continue
                    failed += 1
                    print(f"{document}:{line}: $ {command}\nexpected:\n" + "\n".join(expected) +
                          f"\ncame (exit status {run.returncode}):\n{output}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()
