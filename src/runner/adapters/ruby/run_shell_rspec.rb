# frozen_string_literal: true

# run_shell_rspec.rb SHELL [ENTRY]: tests of a shell script, in Ruby under RSpec. The script is run by SHELL, in processes
# of their own.
require_relative 'rspec_runner'
require_relative 'shell_helper'

lambda do |shell, arguments|
  report = Cloche.open_channel
  Cloche.hide_from_children
  Cloche.seal
  sources = Cloche::Sources.new('solution.txt')
  $LOAD_PATH.unshift(sources.work)
  Cloche.install_shell_helper(report, shell, sources.work)
  Cloche.run_rspec(report, fixture: sources.path('fixture')) do |_load_solution|
    if arguments.empty?
      sources.load_file('setup')
      sources.load_file('fixture')
    else
      load File.join(sources.work, arguments.first)
    end
    true
  end
end.call(ARGV.shift || 'sh', ARGV.shift(1))
