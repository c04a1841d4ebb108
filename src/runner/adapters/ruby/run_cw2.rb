# frozen_string_literal: true

# run_cw2.rb [--separate | --project] PROGRAM: runs setup, PROGRAM and fixture under cw-2.
#
# As one program by default: they share their local variables. --separate loads each as a file of its own. --project:
# PROGRAM is a project's own file, which requires what it needs.
require_relative 'channel'
require_relative 'guard'
require_relative 'sources'
require_relative 'cw2'

lambda do |main, top|
  report = Cloche.open_channel # a warm start waits here
  way = ARGV.shift if ARGV.first.start_with?('--')
  program = ARGV.shift
  was_reported = Cloche.install_cw2(report, main)
  Cloche.seal
  sources = Cloche::Sources.new(program)
  $LOAD_PATH.unshift(sources.work)
  # How frames and messages name a file: as Ruby names what it was started with, or what it requires.
  file = ->(name) { way ? sources.path(name) : sources.shown(name) }
  $0 = file.call('solution')
  framework = Test
  guard = nil
  watched = [Test, Test::Error, main.singleton_class]

  run = lambda do |name|
    if way == '--separate'
      sources.load_file(name)
    elsif sources[name]
      eval(sources[name], top, file.call(name), 1)
    end
  end
  check = lambda do |own|
    replaced = guard.replaced(file: own)
    replaced << 'Test' unless Object.const_defined?(:Test) && Object.const_get(:Test).equal?(framework)
    next true if replaced.empty?

    text = "The solution replaces #{replaced.first(5).join(', ')}, which its tests rest on"
    STDERR.puts text
    report.call('ERROR', text)
    false
  end

  status = 0
  begin
    if way == '--project'
      load sources.path('solution')
    else
      run.call('setup')
      guard = Cloche::Guard.new(watched)
      run.call('solution')
      run.call('fixture') if (intact = check.call(nil))
      status = 1 unless intact && check.call(file.call('fixture'))
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
