# frozen_string_literal: true

# run_cw2.rb [--separate | ENTRY]: runs setup, solution and fixture under cw-2.
#
# By default the three texts are one program and share their local variables. --separate loads each as its own file.
# ENTRY is a project's own file, which requires the other files that it needs.
require_relative 'channel'
require_relative 'guard'
require_relative 'sources'
require_relative 'cw2'

lambda do |main, top|
  report = Cloche.open_channel # a warm start waits here
  arguments = ARGV.shift(1)
  was_reported = Cloche.install_cw2(report, main)
  Cloche.seal
  sources = Cloche::Sources.new
  $LOAD_PATH.unshift(sources.work)
  $0 = sources.path('solution')
  framework = Test
  guard = nil
  watched = [Test, Test::Error, main.singleton_class]

  run = lambda do |name|
    if arguments.first == '--separate'
      sources.load_file(name)
    elsif sources[name]
      eval(sources[name], top, sources.path(name), 1)
    end
  end
  check = lambda do |file|
    replaced = guard.replaced(file: file)
    replaced << 'Test' unless Object.const_defined?(:Test) && Object.const_get(:Test).equal?(framework)
    next true if replaced.empty?

    text = "The solution replaces #{replaced.first(5).join(', ')}, which its tests rest on"
    STDERR.puts text
    report.call('ERROR', text)
    false
  end

  status = 0
  begin
    if arguments.first && arguments.first != '--separate'
      load File.join(sources.work, arguments.first)
    else
      run.call('setup')
      guard = Cloche::Guard.new(watched)
      run.call('solution')
      run.call('fixture') if (intact = check.call(nil))
      status = 1 unless intact && check.call(sources.path('fixture'))
    end
  rescue SystemExit, SignalException
    raise # no last word: a run that stops half-way has not passed
  rescue Exception => e # rubocop:disable Lint/RescueException
    status = 1
    report.call('ERROR', Cloche.inspect_error(e)) unless was_reported.call(e)
    Cloche.print_uncaught(e)
  end
  report.call('END')
  exit status
end.call(self, TOPLEVEL_BINDING)
