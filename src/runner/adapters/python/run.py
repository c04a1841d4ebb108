"""Plain run: like `python -c "setup\\nsolution"`, with the code in files."""
import sys

import program


def main():
    old_main = sys.modules['__main__']  # Python 2 empties a module that nothing refers to
    sys.path[0] = ''
    sys.argv[0] = '-c'
    program.forget('program')

    def body():
        codes = program.compile_parts(program.take('setup', 'solution'), ('<string>', '<string>'))
        module = program.fresh_main()
        for code in codes:
            exec(code, module.__dict__)

    program.guarded(body)
    return old_main


kept = main()
