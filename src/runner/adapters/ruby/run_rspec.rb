# frozen_string_literal: true

# run_rspec.rb [--project] PROGRAM: runs setup, PROGRAM and fixture, or a project's PROGRAM alone, under RSpec.
require_relative 'rspec_runner'

lambda do
  report = Cloche.open_channel # a warm start waits here
  project = ARGV.shift if ARGV.first == '--project'
  program = ARGV.shift
  Cloche.seal
  sources = Cloche::Sources.new(program)
  $LOAD_PATH.unshift(sources.work)
  Cloche.run_rspec(report, fixture: sources.path('fixture')) do |load_solution|
    if project
      load sources.path('solution')
      true
    else
      sources.load_file('setup')
      intact = load_solution.call { sources.load_file('solution') }
      sources.load_file('fixture') if intact
      intact
    end
  end
end.call
