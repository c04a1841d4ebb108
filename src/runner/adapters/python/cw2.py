"""The cw-2 test framework for Python 2.7 and 3. The runner executes this file in a namespace of its own, twice."""


class TestFailure(AssertionError):
    """Raised by a failed assertion that was called with allow_raise; it has been reported already."""


def build(link, test, home):
    """Fill the module `test` with functions that report through link."""
    text_type = type(u'')
    default_message = 'Value is not what was expected'

    def as_text(value):
        if isinstance(value, bytes) and bytes is str:  # Python 2: text is mostly bytes
            return value.decode('utf-8', 'replace')
        return value if isinstance(value, text_type) else text_type(value)

    def escaped(value):
        pieces = []
        for character in as_text(value):
            number = ord(character)
            if number < 128:
                pieces.append(character)
            else:
                pieces.append((u'\\u%04x' if number < 0x10000 else u'\\U%08x') % number)
        return u''.join(pieces)

    def say(tag, text):
        link.report(tag, escaped(text))

    def expect(passed=None, message=None, allow_raise=False):
        if passed:
            say('PASSED', 'Test Passed')
            return
        message = default_message if message is None else message
        say('FAILED', message)
        if allow_raise:
            raise TestFailure(message)

    def compare(passed, pattern, values, message, allow_raise):
        if passed:
            return expect(True)
        text = pattern % tuple([as_text(repr(value)) for value in values])
        expect(False, text if message is None else u'%s: %s' % (as_text(message), text), allow_raise)

    def assert_equals(actual, expected, message=None, allow_raise=False):
        compare(actual == expected, u'%s should equal %s', (actual, expected), message, allow_raise)

    def assert_not_equals(actual, unexpected, message=None, allow_raise=False):
        compare(actual != unexpected, u'%s should not equal %s', (actual, unexpected), message, allow_raise)

    def assert_approx_equals(actual, expected, margin=1e-9, message=None, allow_raise=False):
        scale = max(abs(actual), abs(expected), 1)
        compare(actual == expected or abs((actual - expected) / float(scale)) <= margin,
                u'%s should be close to %s with absolute or relative margin of %s',
                (actual, expected, margin), message, allow_raise)

    def expect_error(message, function, exception=Exception):
        try:
            function()
        except exception:
            return expect(True)
        except Exception:
            pass
        expect(False, message)

    def expect_no_error(message, function, exception=Exception):
        try:
            function()
        except exception as error:
            return expect(False, u'%s: %s' % (as_text(message or 'Unexpected error'), as_text(repr(error))))
        except Exception:
            pass
        expect(True)

    def pass_():
        expect(True)

    def fail(message):
        expect(False, message)

    def tell_error(error):
        say('FAILED', 'Unexpected exception raised')
        say('ERROR', link.describe_error(error, home))

    def run_reporting(function):
        import sys
        try:
            function()
        except TestFailure:
            pass
        except Exception:
            tell_error(sys.exc_info())

    def block(tag):
        def opening(text, before=None, after=None):
            link.report(tag, as_text(text))

            def decorator(function):
                def body():
                    if before is not None:
                        before()
                    try:
                        function()
                    finally:
                        if after is not None:
                            after()
                started = link.clock()
                run_reporting(body)
                milliseconds = (link.clock() - started) * 1000
                link.report('COMPLETEDIN', '%.2f' % milliseconds, ms=milliseconds)
                return function
            return decorator
        opening.__name__ = tag.lower()
        return opening

    def timeout(seconds):
        def decorator(function):
            outcome, status = link.run_timed(lambda: run_reporting(function), seconds)
            if outcome == 'late':
                expect(False, 'Exceeded time limit of %.3f seconds' % seconds)
            elif outcome == 'died':
                say('ERROR', 'The function with a time limit ended its process (%s)' % (
                    'signal %d' % (status & 127) if status & 127 else 'exit status %d' % (status >> 8)))
            return function
        return decorator

    def readable(value, seen=()):
        """repr, but with the characters of texts as they are, in the same form for Python 2 and 3."""
        if isinstance(value, (bytes, text_type)) and (isinstance(value, text_type) or bytes is str):
            return u"'%s'" % as_text(value)
        if id(value) in seen:
            return u'...'
        seen = seen + (id(value),)
        kind = type(value)
        if kind is list:
            return u'[%s]' % u', '.join([readable(item, seen) for item in value])
        if kind is tuple:
            return u'(%s%s)' % (u', '.join([readable(item, seen) for item in value]), u',' if len(value) == 1 else u'')
        if kind is dict:
            return u'{%s}' % u', '.join(
                [u'%s: %s' % (readable(key, seen), readable(item, seen)) for key, item in value.items()])
        if kind in (set, frozenset) and value:
            items = u'{%s}' % u', '.join([readable(item, seen) for item in value])
            return items if kind is set else u'frozenset(%s)' % items
        return as_text(repr(value))

    def uni_print(*values, **options):
        import sys
        texts = [as_text(value) if isinstance(value, (bytes, text_type)) else readable(value) for value in values]
        text = as_text(options.get('sep', u' ')).join(texts) + as_text(options.get('end', u'\n'))
        sys.stdout.write(''.join([str(c) if ord(c) < 128 else '&#%d;' % ord(c) for c in text]))

    for function in (expect, assert_equals, assert_not_equals, assert_approx_equals, expect_error, expect_no_error,
                     pass_, fail, timeout, uni_print):
        setattr(test, function.__name__, function)
    test.describe, test.it = block('DESCRIBE'), block('IT')
    test.AssertException = TestFailure
    test.DEFAULT_MESSAGE = default_message
    test.__doc__ = 'The cw-2 test framework.'
    return test
