"""run_cw2.py PROGRAM: runs it and the fixture with the cw-2 framework. run_cw2.py --project ENTRY: a project."""
import os
import sys

import channel
import program


def load_framework():
    with open(os.path.join(program.HERE, 'cw2.py'), 'rb') as file:
        code = compile(file.read(), file.name, 'exec', 0, True)
    # Copies of the builtins, taken before user code can replace any. (A private __builtins__ would do, but Python 2
    # takes it for its restricted mode.)
    builtins = dict(vars(sys.modules['__builtin__' if sys.version_info[0] < 3 else 'builtins']))

    def framework(link):
        """Makes a framework that shares no mutable object with those made before."""
        scope = dict(builtins, __name__='cw2')
        exec_in(code, scope)
        return scope['build'](link, type(sys)('test'), program.HERE)

    return framework


def exec_in(code, scope):
    exec(code, scope)


def bind(module, test):
    module.test = module.Test = test
    sys.modules['codewars_test'] = test  # the name that the framework's successor goes by


def run_parts(link, framework, path):
    setup, setup_path = program.take_setup()
    fixture = program.take('fixture.py')
    setup, solution, fixture = program.compile_parts(
        (setup, program.read(path), fixture), (setup_path, path, '<fixture>'))
    module = program.fresh_main(__file__=path)
    test = framework(link)
    original = dict(vars(test))
    bind(module, test)
    exec_in(setup, module.__dict__)
    additions = dict((k, v) for k, v in vars(test).items() if k not in original or v is not original[k])
    exec_in(solution, module.__dict__)
    # The fixture gets a new framework that the solution has never seen, with the setup's additions.
    test = framework(link)
    vars(test).update(additions)
    bind(module, test)
    exec_in(fixture, module.__dict__)


def run_project(link, framework, path):
    code = program.compile_part(program.read(path), path)
    module = program.fresh_main(__file__=path)
    bind(module, framework(link))
    exec_in(code, module.__dict__)


def main():
    old_main = sys.modules['__main__']
    framework = load_framework()
    link = channel.connect()  # a warm start waits here
    arguments = sys.argv[1:]
    run = run_parts
    if arguments[0] == '--project':
        run = run_project
        del arguments[0]
    program.forget('channel', 'program')

    def body():
        run(link, framework, program.started_with(arguments))
        link.end()

    program.guarded(body)
    return old_main


kept = main()
