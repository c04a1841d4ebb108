"""Runs a function in a fork with a time limit. The fork reports through the process that made it."""
import sys

# Copies of the builtins, as in channel.py.
globals().update((name, value) for name, value in vars(
    sys.modules['__builtin__' if sys.version_info[0] < 3 else 'builtins']).items() if not name.startswith('__'))


def make(flush, send, redirect, retried, clock):
    import errno
    import os
    import select
    import signal
    import socket

    os_read, os_write, os_exit, fork, waitpid, kill = os.read, os.write, os._exit, os.fork, os.waitpid, os.kill
    poll, socketpair, sigkill, echild = select.select, socket.socketpair, signal.SIGKILL, errno.ECHILD

    def frame(event):
        return ('%d\n' % len(event)).encode('ascii') + event

    def exit_status(pid):
        try:
            return retried(waitpid, pid, 0)[1]
        except OSError as error:
            if error.args[0] != echild:  # user code may have reaped or ignored it
                raise
            return 0

    def run_child(function, ours, theirs):
        try:
            try:
                ours.close()
                redirect(theirs.fileno(), frame)
                retried(os_write, theirs.fileno(), b'+\n')
                function()
                flush()
                retried(os_write, theirs.fileno(), b'-\n')
            except SystemExit as stop:
                flush()
                os_exit(stop.code if isinstance(stop.code, int) else 1)
            os_exit(0)
        finally:
            os_exit(1)

    def run_timed(function, seconds):
        """Run function() in a fork. Returns ('done', None), ('late', None) or ('died', wait status).

        The time that reports take on their way does not count. A child that is killed cannot leave half an event in
        the channel: only whole ones are passed on.
        """
        flush()
        ours, theirs = socketpair()
        pid = fork()
        if pid == 0:
            run_child(function, ours, theirs)
        theirs.close()
        pending, left, outcome = b'', None, None
        while outcome is None:
            started = clock()
            if left is not None and left <= 0 or not retried(poll, [ours], [], [], left)[0]:
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
                word, rest = pending.split(b'\n', 1)
                if word == b'+':
                    left = seconds
                elif word == b'-':
                    outcome = 'done'
                elif len(rest) < int(word):
                    break
                else:
                    send(rest[:int(word)])
                    rest = rest[int(word):]
                    retried(os_write, ours.fileno(), b'\n')
                pending = rest
        if outcome == 'late':
            try:
                kill(pid, sigkill)
            except OSError:
                pass
        ours.close()
        return outcome, exit_status(pid)

    return run_timed
