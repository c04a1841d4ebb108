"""unittest on Python 3: setup.py, solution.py and test/test_solution.py are modules, any TestCase counts."""
import importlib.util
import os
import re
import sys
import traceback
import unittest

import channel
import program

# Objects that a solution could change to make assertions pass. They are restored after it was loaded and before each
# test.
GUARDED = (unittest, unittest.case, unittest.TestCase, unittest.TestResult, unittest.TestSuite,
           unittest.case._Outcome, unittest.case._AssertRaisesContext)
HIDDEN = (program.HERE, os.path.dirname(unittest.__file__), '<frozen importlib')


def guard(owners):
    """Returns a function that undoes changes of these classes and modules, and of the code of their functions."""
    saved = [(owner, dict(vars(owner))) for owner in owners]
    codes = [(value, value.__code__) for _, names in saved for value in names.values() if hasattr(value, '__code__')]
    modules, assign, remove = type(sys), setattr, delattr

    def restore():
        for function, code in codes:
            if function.__code__ is not code:
                function.__code__ = code
        for owner, names in saved:
            now = vars(owner)
            if not isinstance(owner, modules):  # a module gets new names when its submodules are imported
                for name in [name for name in now if name not in names and not name.startswith('__')]:
                    remove(owner, name)
            for name, value in names.items():
                if now.get(name) is not value:
                    assign(owner, name, value)

    return restore


def result_class(link, restore):
    report, clock, describe_error = link.report, link.clock, link.describe_error
    summary = traceback.format_exception_only

    class Result(unittest.TestResult):
        def startTest(self, test):
            restore()
            super().startTest(test)
            report('IT', getattr(test, '_testMethodName', str(test)))
            self.started = clock()

        def stopTest(self, test):
            super().stopTest(test)
            milliseconds = (clock() - self.started) * 1000
            report('COMPLETEDIN', '%.4f' % milliseconds, ms=milliseconds)

        def addSuccess(self, test):
            report('PASSED', 'Test Passed')

        def tell_failure(self, error, title=''):
            report('FAILED', 'Test Failed')
            report('LOG', title + ''.join(summary(error[0], error[1])), mode='ESC', label='Failure')

        def tell_error(self, error, title=''):
            report('ERROR', 'Unhandled Exception')
            report('LOG', title + ''.join(summary(error[0], error[1])), mode='ESC', label='Error')
            report('LOG', describe_error(error, HIDDEN), mode='ESC', label='Traceback')

        def addFailure(self, test, error):
            self.failures.append((test, ''))
            self.tell_failure(error)

        def addError(self, test, error):
            self.errors.append((test, ''))
            self.tell_error(error)

        def addSubTest(self, test, subtest, error):
            super().addSubTest(test, subtest, error)
            if error is not None:
                tell = self.tell_failure if issubclass(error[0], test.failureException) else self.tell_error
                tell(error, subtest._subDescription() + '\n')

        def addSkip(self, test, reason):
            super().addSkip(test, reason)
            report('SKIPPED', reason)

        def addExpectedFailure(self, test, error):
            super().addExpectedFailure(test, error)
            report('PASSED', 'Test Passed')

        def addUnexpectedSuccess(self, test):
            super().addUnexpectedSuccess(test)
            report('FAILED', 'Unexpected success')

    return Result


def load(name, path, before):
    """Import the file at path as `name`, its namespace prepared by the statements `before`."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    for statement in before:
        exec(statement, vars(module))
    vars(module).pop('__builtins__', None)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def load_tests():
    work = os.getcwd()
    has_setup = os.path.exists('setup.py')
    if has_setup:
        load('setup', os.path.join(work, 'setup.py'), ())
    load('solution', os.path.join(work, 'solution.py'), ['from setup import *'] if has_setup else [])
    path = os.path.join(work, 'test', 'test_solution.py')
    with open(path, 'rb') as file:
        imports_it = re.search(br'^\s*(?:from|import)\s+solution\b', file.read(), re.M)
    # Tests may use the solution's names without importing them.
    before = [] if imports_it else ['from solution import *']
    return path, before + ['import unittest']


def main():
    loader = unittest.TestLoader()
    pristine = guard(GUARDED)
    link = channel.connect()  # a warm start waits here
    sys.path[0] = os.getcwd()
    sys.argv[:] = ['test']
    program.forget('channel', 'program')
    # Without a file: processes that multiprocessing starts anew would run this one.
    program.fresh_main()
    started = link.clock()
    try:
        path, before = load_tests()
        sys.modules['unittest'] = unittest
        pristine()
        suite = loader.loadTestsFromModule(load('test_solution', path, before))
    except Exception:
        result = result_class(link, pristine)()
        link.report('DESCRIBE', 'Tests')
        link.report('IT', 'test_solution')
        result.addError('test_solution', sys.exc_info())
        link.report('COMPLETEDIN', '%.4f' % 0, ms=0)
    else:
        result = result_class(link, guard(GUARDED))()
        started = link.clock()
        link.report('DESCRIBE', 'Tests')
        suite.run(result)
    milliseconds = (link.clock() - started) * 1000
    link.report('COMPLETEDIN', '%.4f' % milliseconds, ms=milliseconds)
    link.end()
    sys.exit(0 if result.wasSuccessful() else 1)


main()
