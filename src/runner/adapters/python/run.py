"""run.py PROGRAM [ARGUMENT]...: runs the setup and the program in one namespace, as if both were one file.

Python 3 runs a program without a setup by itself. Python 2 does not: it refuses text that is not ASCII in a file that
does not declare its encoding.
"""
import sys

import program


def main():
    old_main = sys.modules['__main__']  # Python 2 empties a module that nothing refers to
    program.forget('program')

    def body():
        path = program.started_with(sys.argv[1:])
        setup, setup_path = program.take_setup()
        codes = program.compile_parts((setup, program.read(path)), (setup_path, path))
        module = program.fresh_main(__file__=path)
        for code in codes:
            exec(code, module.__dict__)

    program.guarded(body)
    return old_main


kept = main()
