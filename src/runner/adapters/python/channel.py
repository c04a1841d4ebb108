"""The reporter channel, protocol 2 (docs/adapters.md), for Python 2.7 and 3.

connect() is called once, before any user code runs. What it returns keeps the descriptors, the nonce and every
function it needs in closures: nothing is in a module's globals, so user code that replaces os.write, str or print
changes no report. (Code in the same process can still dig them out of the interpreter: see README.md.)
"""
import sys

import timed  # kept here: Python 2 empties a module that nothing refers to

# Copies of the builtins, taken before user code can replace any.
globals().update((name, value) for name, value in vars(
    sys.modules['__builtin__' if sys.version_info[0] < 3 else 'builtins']).items() if not name.startswith('__'))


def read_request(read, argument_count, variable_count, size):
    """Returns the arguments and the environment of a request, which follow the greeting of a warm start."""
    data = b''
    while len(data) < size:
        more = read(size - len(data))
        if not more:
            raise EOFError('the request of a warm start is incomplete')
        data += more
    if sys.version_info[0] > 2:
        import os
        data = os.fsdecode(data)
    texts = data.split('\0')
    return texts[:argument_count], texts[argument_count:argument_count + variable_count]


def take_request(arguments, variables):
    import os
    sys.argv[1:] = arguments
    os.environ.clear()
    os.environ.update(variable.split('=', 1) for variable in variables)


def open_channel():
    """Returns to_event(tag, ...), send(event), redirect(other, frame), and a function that retries a system call."""
    import errno
    import fcntl
    import os
    import select
    try:
        from _thread import RLock
    except ImportError:
        from threading import RLock

    os_read, os_write, os_close, os_exit, eintr, select_error = (
        os.read, os.write, os.close, os._exit, errno.EINTR, select.error)
    text_type, encode, join = type(u''), type(u'').encode, b''.join
    errors = 'surrogatepass' if sys.version_info[0] > 2 else 'strict'  # Python 2 encodes lone surrogates anyway
    encode(u'', 'utf-8', errors)  # looks the codec up once, before user code can replace the code that does
    lock = RLock()

    def retried(call, *arguments):
        while True:
            try:
                return call(*arguments)
            except (OSError, IOError, select_error) as error:
                if error.args[0] != eintr:
                    raise

    fd, warm = int(os.environ.pop('CLOCHE_CHANNEL')), os.environ.pop('CLOCHE_WARM', None)
    for each in (fd, fd + 1):
        fcntl.fcntl(each, fcntl.F_SETFD, fcntl.fcntl(each, fcntl.F_GETFD) | fcntl.FD_CLOEXEC)
    if warm is not None:
        retried(os_write, fd + 1, b'ready\n')
    greeting = b''
    while not greeting.endswith(b'\n'):
        byte = retried(os_read, fd, 1)
        if not byte:
            break
        greeting += byte
    if not greeting.startswith(b'cloche 2 '):
        sys.stderr.write('cloche: the reporter channel does not speak protocol 2\n')
        os_exit(70)
    words = greeting.split()
    if len(words) == 6:
        take_request(*read_request(lambda most: retried(os_read, fd, most), *[int(word) for word in words[3:]]))
    prefix = words[2] + b' '
    line = {'answers': fd, 'events': fd + 1, 'frame': lambda event: prefix + event}

    def to_bytes(value):
        if not isinstance(value, bytes):
            value = encode(value if isinstance(value, text_type) else text_type(value), 'utf-8', errors)
        return join((value, b''))  # a subclass may lie about its length

    def to_event(tag, text='', mode='', label='', lead=True, ms=None):
        fields = [to_bytes(text), to_bytes(mode), to_bytes(label), b'' if ms is None else to_bytes('%.6f' % ms)]
        header = '%s %d %d %d %d %d\n' % ((tag, lead) + tuple([len(field) for field in fields]))
        return to_bytes(header) + join(fields)

    def send(event):
        """Writes one event, and returns when the runner has placed it."""
        try:
            with lock:
                data = line['frame'](event)
                while data:
                    data = data[retried(os_write, line['events'], data):]
                if retried(os_read, line['answers'], 1) == b'\n':
                    return
        except (OSError, IOError):
            pass
        os_exit(70)  # without the channel nothing can be reported; END is missing, too

    def redirect(other, frame):
        """Sends the events of this process to `other` from now on, each as frame(event) writes it."""
        os_close(line['answers'])
        os_close(line['events'])
        line.update(answers=other, events=other, frame=frame)

    return to_event, send, redirect, retried


class Channel(object):
    """The functions that a framework gets; the object itself holds no secret."""
    __slots__ = ('report', 'end', 'flush', 'clock', 'run_timed', 'describe_error')


def connect():
    import os
    import time
    import traceback

    getpid, os_exit, format_exception = os.getpid, os._exit, traceback.format_exception
    first_out, first_err = sys.stdout, sys.stderr
    owner = getpid()
    to_event, send, redirect, retried = open_channel()

    def flush():
        for stream in (sys.stdout, sys.stderr, first_out, first_err):
            try:
                stream.flush()
            except Exception:  # user code closed or replaced it: nothing of the adapter is in it
                pass

    def report(tag, text='', mode='', label='', lead=True, ms=None):
        event = to_event(tag, text, mode, label, lead, ms)
        flush()
        send(event)

    def end():
        """Sends END: only from the process that was started, and only after the reports of its threads."""
        if getpid() != owner:
            os_exit(0)  # a fork that user code made has run to the end of the fixture
        threading = sys.modules.get('threading')
        if threading is not None:
            for thread in threading.enumerate():
                if not thread.daemon and thread is not threading.current_thread():
                    thread.join()
        report('END')

    def describe_error(error, hide):
        """A traceback without its first frames for as long as they are in a file below `hide`."""
        kind, value, trace = error
        while trace is not None and trace.tb_frame.f_code.co_filename.startswith(hide):
            trace = trace.tb_next
        return ''.join(format_exception(kind, value, trace))

    channel = Channel()
    channel.report, channel.end, channel.flush, channel.describe_error = report, end, flush, describe_error
    channel.clock = getattr(time, 'perf_counter', time.time)
    channel.run_timed = timed.make(flush, send, redirect, retried, channel.clock)
    sys.modules.pop('timed', None)
    return channel
