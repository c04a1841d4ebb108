"""run_call.py PROGRAM: calls a function of it, whose name and arguments the runner wrote into .cloche/call.json."""
import os
import sys

import channel
import program


class NoValue(Exception):
    """Why there is no value, as a sentence."""


def make_codec():
    """Reads arguments and writes values. Everything that this needs is looked up before any user code runs."""
    import json
    text_type = type(u'')
    loads = json.JSONDecoder().decode
    write = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(',', ':')).encode
    format_error = '{0}'.format

    def read(text):
        document = loads(text)
        return document['entry'], document['args']

    def encode(value):
        try:
            text = write(value)
            if not isinstance(text, text_type):
                text = text.decode('utf-8')
            text.encode('utf-8')  # half of a surrogate pair is no text
            return text
        except RecursionError if sys.version_info[0] > 2 else RuntimeError:
            raise NoValue('its value is nested too deeply for JSON')
        except Exception as error:  # an unfit value, or an exception of its own methods
            raise NoValue('its value cannot be written as JSON: ' + format_error(error))

    return read, encode


def find(module, entry):
    """The function of that name. It may belong to an object: `Solution.add`."""
    found = module
    for part in entry.split('.'):
        try:
            found = getattr(found, part)
        except (AttributeError, UnicodeError):
            raise NoValue('there is no function ' + entry)
    if not callable(found):
        raise NoValue(entry + ' is not a function')
    return found


def main():
    old_main = sys.modules['__main__']  # Python 2 empties a module that nothing refers to
    read, encode = make_codec()
    link = channel.connect()  # a warm start waits here
    entry, arguments = read(program.take('call.json').decode('utf-8'))
    if sys.version_info[0] < 3:
        entry = entry.encode('utf-8')
    program.forget('channel', 'program')
    leave = os._exit

    def settle(function):
        """The result of a coroutine, in versions of Python that have them."""
        value = function(**arguments) if isinstance(arguments, dict) else function(*arguments)
        asyncio = sys.modules.get('asyncio')
        if asyncio is not None and hasattr(asyncio, 'run') and asyncio.iscoroutine(value):
            value = asyncio.run(value)
        elif hasattr(value, 'cr_frame'):
            import asyncio
            value = asyncio.run(value)
        return value

    def body():
        path = program.started_with(sys.argv[1:])
        setup, setup_path = program.take_setup()
        codes = program.compile_parts((setup, program.read(path)), (setup_path, path))
        module = program.fresh_main(__file__=path)
        for code in codes:
            exec(code, module.__dict__)
        try:
            value = encode(settle(find(module, entry)))
        except NoValue as error:
            link.report('NOVALUE', str(error))
            leave(1)
        link.report('VALUE', value)  # the runner refuses a value that is too long
        link.report('END')
        # This also ends everything that the function left running.
        leave(0)

    program.guarded(body)
    return old_main


kept = main()
