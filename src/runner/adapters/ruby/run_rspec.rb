# frozen_string_literal: true

# run_rspec.rb [ENTRY]: runs setup, solution and fixture, or a project's ENTRY, under RSpec.
require_relative 'rspec_runner'

lambda do
  report = Cloche.open_channel # a warm start waits here
  arguments = ARGV.shift(1)
  Cloche.seal
  sources = Cloche::Sources.new
  $LOAD_PATH.unshift(sources.work)
  Cloche.run_rspec(report, fixture: sources.path('fixture')) do |load_solution|
    if arguments.empty?
      sources.load_file('setup')
      intact = load_solution.call { sources.load_file('solution') }
      sources.load_file('fixture') if intact
      intact
    else
      load File.join(sources.work, arguments.first)
      true
    end
  end
end.call
