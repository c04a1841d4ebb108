"""Reads the parts of the program (setup, solution, fixture) and runs them as files that Python was started with."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PARTS = '.cloche'


def read(path):
    with open(path, 'rb') as file:
        return file.read()


def remove_directory():
    try:
        os.rmdir(PARTS)
    except OSError:  # further parts are in it, or the user's own files
        pass


def take(name):
    """Reads a text that the profile laid out and removes it, so that user code does not find it. Empty if there is none."""
    path = os.path.join(PARTS, name)
    if not os.path.exists(path):
        return b''
    text = read(path)
    os.unlink(path)
    remove_directory()
    return text


def take_setup():
    """Moves the setup beside the solution, so that modules and tracebacks find it. Returns its text and its path."""
    path = os.path.abspath('setup.py')
    if os.path.exists(os.path.join(PARTS, 'setup.py')):
        os.rename(os.path.join(PARTS, 'setup.py'), path)
        remove_directory()
        return read(path), path
    return b'', path


def started_with(arguments):
    """Sets argv and the search path as `python ARGUMENTS` does. Returns the path of the program."""
    path = os.path.abspath(arguments[0])
    sys.argv[:] = arguments
    sys.path[0] = os.path.dirname(path)
    if sys.path[0] != os.getcwd():
        sys.path.insert(1, os.getcwd())
    return path


def compile_part(text, name, flags=0):
    if sys.version_info[0] < 3:
        import re  # not at the top: its import takes as long as the start of Python 3
        declared = re.search(br'coding[:=]', b'\n'.join(text.split(b'\n', 2)[:2]))
        if not declared and not text.startswith(b'\xef\xbb\xbf'):
            text = b'\xef\xbb\xbf' + text  # Python 2 takes a string without a cookie for Latin-1
    return compile(text + b'\n', name, 'exec', flags, True)


def compile_parts(texts, names):
    """Compiles each part alone, so that none swallows the next. `from __future__` holds for the parts that follow."""
    import __future__
    known = 0
    for feature in __future__.all_feature_names:
        known |= getattr(__future__, feature).compiler_flag
    codes, flags = [], 0
    for text, name in zip(texts, names):
        code = compile_part(text, name, flags)
        flags |= code.co_flags & known
        codes.append(code)
    return codes


def fresh_main(**names):
    """A new __main__ module in place of the adapter's. The caller must keep the old one alive."""
    module = type(sys)('__main__')
    module.__dict__['__builtins__'] = sys.modules['__builtin__' if sys.version_info[0] < 3 else 'builtins']
    module.__dict__.update(names)
    sys.modules['__main__'] = module
    return module


def forget(*names):
    """Drop the adapter's own modules, so that importing one of these names finds the user's or nothing."""
    for name in names:
        sys.modules.pop(name, None)


def own_trace(trace):
    """The traceback without the adapter's frames. Python 2 can only leave out the first ones."""
    if sys.version_info[0] < 3:
        while trace is not None and trace.tb_frame.f_code.co_filename.startswith(HERE):
            trace = trace.tb_next
        return trace
    entries = []
    while trace is not None:
        if not trace.tb_frame.f_code.co_filename.startswith(HERE):
            entries.append(trace)
        trace = trace.tb_next
    for entry in reversed(entries):
        trace = type(entry)(trace, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return trace


def guarded(function):
    """Call function(); show an exception as Python itself would, without the adapter's frames, and exit with 1."""
    try:
        function()
    except SystemExit:
        raise
    except BaseException:
        kind, value, trace = sys.exc_info()
        trace = own_trace(trace)
        if hasattr(value, '__traceback__'):
            value.__traceback__ = trace
        try:
            sys.stdout.flush()
        except Exception:
            pass
        sys.excepthook(kind, value, trace)
        sys.exit(1)
