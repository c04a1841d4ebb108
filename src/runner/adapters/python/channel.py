"""The reporter channel, protocol 1, for Python 2.7 and 3.

connect() is called once, before any user code runs. What it returns keeps the descriptor, the nonce and every
function it needs in closures: nothing is in a module's globals, so user code that replaces os.write, json.dumps or
print changes no report. (Code in the same process can still dig them out of the interpreter: see README.md.)
"""
import sys

# Builtins as they are now, found before those that user code puts in their place.
globals().update((name, value) for name, value in vars(
    sys.modules['__builtin__' if sys.version_info[0] < 3 else 'builtins']).items() if not name.startswith('__'))


class Channel(object):
    """The functions that a framework gets; the object itself holds no secret."""
    __slots__ = ('report', 'report_whole', 'end', 'flush', 'clock', 'run_timed', 'describe_error')


def connect():
    import errno
    import fcntl
    import os
    import select
    import signal
    import socket
    import time
    import traceback
    try:
        from _json import encode_basestring_ascii as quote
    except ImportError:
        from json import dumps as quote
    try:
        from _thread import RLock
    except ImportError:
        from threading import RLock

    text_type = type(u'')
    os_read, os_write, os_close, os_exit = os.read, os.write, os.close, os._exit
    getpid, fork, waitpid, kill, poll = os.getpid, os.fork, os.waitpid, os.kill, select.select
    sigkill, socketpair, eintr, echild = signal.SIGKILL, socket.socketpair, errno.EINTR, errno.ECHILD
    select_error = select.error
    clock = getattr(time, 'perf_counter', time.time)
    format_exception = traceback.format_exception
    first_out, first_err = sys.stdout, sys.stderr
    u'x'.encode('ascii').decode('utf-8').encode('utf-8')  # codecs are looked up, by code that can be replaced, but once
    limit = 1000000  # of the protocol's 1 MiB a line
    lock = RLock()

    def retried(call, *arguments):
        while True:
            try:
                return call(*arguments)
            except (OSError, IOError, select_error) as error:
                if error.args[0] != eintr:
                    raise

    def read_line(fd):
        line = b''
        while not line.endswith(b'\n'):
            byte = retried(os_read, fd, 1)
            if not byte:
                break
            line += byte
        return line[:-1]

    def write_all(fd, data):
        while data:
            data = data[retried(os_write, fd, data):]

    fd = int(os.environ.pop('CLOCHE_CHANNEL'))
    for each in (fd, fd + 1):
        fcntl.fcntl(each, fcntl.F_SETFD, fcntl.fcntl(each, fcntl.F_GETFD) | fcntl.FD_CLOEXEC)
    greeting = read_line(fd).split(b' ')
    if len(greeting) != 3 or greeting[:2] != [b'cloche', b'1']:
        sys.stderr.write('cloche: the reporter channel does not speak protocol 1\n')
        os_exit(70)
    # A child that run_timed() makes talks to its parent instead, which passes whole lines on.
    line = {'answers': fd, 'events': fd + 1, 'prefix': greeting[2] + b' '}
    owner = getpid()
    del fd, greeting

    def flush():
        for stream in (sys.stdout, sys.stderr, first_out, first_err):
            try:
                stream.flush()
            except Exception:  # closed or replaced by user code: nothing of ours is in it
                pass

    def send(json):
        try:
            with lock:
                write_all(line['events'], line['prefix'] + json + b'\n')
                if retried(os_read, line['answers'], 1) == b'\n':
                    return
        except (OSError, IOError):
            pass
        os_exit(70)  # without the channel there is nothing left to say, and no END either

    def plain(value):
        if not isinstance(value, text_type):
            value = value.decode('utf-8', 'replace') if isinstance(value, bytes) else text_type(value)
        value = text_type.__str__(value) if text_type is str else text_type.__getslice__(value, 0, len(value))
        try:
            value.encode('ascii')
            return value
        except UnicodeError:  # a lone surrogate is not JSON
            return u''.join([u'\ufffd' if u'\ud800' <= c <= u'\udfff' else c for c in value])

    def quoted(value):
        value = plain(value)
        result = quote(value)
        while len(result) > limit:
            value = value[:len(value) * (limit - 1000) // len(result)] + u' [cut]'
            result = quote(value)
        return result

    def report(tag, text='', mode='', label='', lead=True, ms=None):
        json = '{"tag":' + quoted(tag) + ',"text":' + quoted(text)
        if mode:
            json += ',"mode":' + quoted(mode)
        if label:
            json += ',"label":' + quoted(label)
        if not lead:
            json += ',"lead":false'
        if ms is not None:
            json += ',"ms":%.6f' % ms
        flush()
        send((json + '}').encode('ascii'))

    def report_whole(tag, text):
        """A text that is of no use cut; False if it is too long for a line."""
        text = quote(plain(text))
        if len(text) > limit:
            return False
        flush()
        send(('{"tag":' + quoted(tag) + ',"text":' + text + '}').encode('ascii'))
        return True

    def end():
        """The last word. Only of the process that was started, and only after what its threads still say."""
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

    def exit_status(pid):
        try:
            return retried(waitpid, pid, 0)[1]
        except OSError as error:
            if error.args[0] != echild:  # user code may have reaped or ignored it
                raise
            return 0

    def run_timed(function, seconds):
        """Run function() in a fork that reports through this process.

        Returns ('done', None), ('late', None) or ('died', wait status). The time that reports take on their way
        does not count. A child that is killed cannot leave half a line in the channel.
        """
        flush()
        ours, theirs = socketpair()
        pid = fork()
        if pid == 0:
            try:
                try:
                    ours.close()
                    os_close(line['answers'])
                    os_close(line['events'])
                    line['answers'] = line['events'] = theirs.fileno()
                    line['prefix'] = b''
                    retried(os_write, line['events'], b'+\n')
                    function()
                    flush()
                    retried(os_write, line['events'], b'-\n')
                except SystemExit as stop:
                    flush()
                    os_exit(stop.code if isinstance(stop.code, int) else 1)
                os_exit(0)
            finally:
                os_exit(1)
        theirs.close()
        pending, left, outcome = b'', None, None
        while outcome is None:
            started = clock()
            if left is not None and left <= 0:
                outcome = 'late'
                break
            if not retried(poll, [ours], [], [], left)[0]:
                outcome = 'late'
                break
            if left is not None:
                left -= clock() - started
            data = retried(os_read, ours.fileno(), 65536)
            if not data:
                outcome = 'died'
                break
            pending += data
            while b'\n' in pending:
                json, pending = pending.split(b'\n', 1)
                if json == b'+':
                    left = seconds
                elif json == b'-':
                    outcome = 'done'
                else:
                    send(json)
                    retried(os_write, ours.fileno(), b'\n')
        if outcome == 'late':
            try:
                kill(pid, sigkill)
            except OSError:
                pass
        ours.close()
        return outcome, exit_status(pid)

    channel = Channel()
    channel.report, channel.report_whole, channel.end = report, report_whole, end
    channel.flush, channel.clock = flush, clock
    channel.run_timed, channel.describe_error = run_timed, describe_error
    return channel
