"""run_unittest2.py PROGRAM: unittest on Python 2. Setup, solution and fixture share one namespace; the tests are those of
the class `Test`.
"""
import sys
import unittest

import channel
import program


def result_class(link):
    report, clock = link.report, link.clock

    class Result(unittest.TestResult):
        def startTest(self, test):
            unittest.TestResult.startTest(self, test)
            report('IT', test._testMethodName)
            self.started = clock()

        def stopTest(self, test):
            unittest.TestResult.stopTest(self, test)
            report('COMPLETEDIN', ms=(clock() - self.started) * 1000)

        def addSuccess(self, test):
            report('PASSED', 'Test Passed')

        def addFailure(self, test, error):
            unittest.TestResult.addFailure(self, test, error)
            report('FAILED', self.message(error))

        def addError(self, test, error):
            unittest.TestResult.addError(self, test, error)
            report('ERROR', 'Unhandled Exception: ' + self.message(error))

        def addSkip(self, test, reason):
            unittest.TestResult.addSkip(self, test, reason)
            report('SKIPPED', reason)

        def addExpectedFailure(self, test, error):
            report('PASSED', 'Test Passed')

        def addUnexpectedSuccess(self, test):
            report('FAILED', 'Unexpected success')

        def message(self, error):
            try:
                return str(error[1])
            except UnicodeError:
                return unicode(error[1])  # noqa: F821
            except Exception:
                return error[0].__name__

    return Result


def main():
    old_main = sys.modules['__main__']
    link = channel.connect()  # a warm start waits here
    make_result = result_class(link)
    program.forget('channel', 'program')

    def body():
        path = program.started_with(sys.argv[1:])
        setup, setup_path = program.take_setup()
        codes = program.compile_parts(
            (setup, program.read(path), program.take('fixture.py')), (setup_path, path, '<fixture>'))
        module = program.fresh_main(__file__=path)
        for code in codes[:2]:
            exec(code, module.__dict__)
        module.unittest = unittest
        exec(codes[2], module.__dict__)
        suite = unittest.defaultTestLoader.loadTestsFromTestCase(module.Test)
        started = link.clock()
        link.report('DESCRIBE', 'Tests', lead=False)
        suite.run(make_result())
        link.report('COMPLETEDIN', lead=False, ms=(link.clock() - started) * 1000)
        link.end()

    program.guarded(body)
    return old_main


kept = main()
