# frozen_string_literal: true

require_relative 'channel'
require_relative 'guard'
require_relative 'sources'
require 'rspec/core'
require 'rspec/expectations'
require 'rspec/mocks'

module Cloche
  # Turns RSpec's notifications into events. The reporter stays in a closure, as everywhere.
  def self.rspec_formatter(report)
    message_of = lambda do |exception|
      text = exception.message.to_s
      text.empty? ? exception.class.to_s : text
    end
    expectation = lambda do |exception|
      case exception
      when RSpec::Core::MultipleExceptionError then exception.all_exceptions.all? { |one| expectation.call(one) }
      when RSpec::Expectations::ExpectationNotMetError, RSpec::Mocks::MockExpectationError,
           RSpec::Core::Pending::PendingExampleFixedError then true
      else false
      end
    end
    started = []
    Class.new do
      RSpec::Core::Formatters.register(self, :example_group_started, :example_group_finished, :example_started,
                                       :example_passed, :example_failed, :example_pending, :message)

      define_method(:initialize) { |_output| }

      define_method(:example_group_started) do |notification|
        started.push(Process.clock_gettime(Process::CLOCK_MONOTONIC))
        report.call('DESCRIBE', notification.group.description)
      end

      define_method(:example_group_finished) do |_notification|
        took = (Process.clock_gettime(Process::CLOCK_MONOTONIC) - started.pop) * 1000
        report.call('COMPLETEDIN', '', ms: took.round(4))
      end

      define_method(:example_started) { |notification| report.call('IT', notification.example.description) }

      finished = lambda do |example|
        report.call('COMPLETEDIN', '', ms: ((example.execution_result.run_time || 0) * 1000).round(4))
      end

      define_method(:example_passed) do |notification|
        report.call('PASSED', 'Test Passed')
        finished.call(notification.example)
      end

      define_method(:example_failed) do |notification|
        exception = notification.example.exception
        if expectation.call(exception)
          report.call('FAILED', message_of.call(exception))
        else
          trace = Cloche.clean_backtrace(exception).join(' -> ')
          report.call('ERROR', "#{message_of.call(exception)}\nSimplified backtrace: #{trace}")
        end
        finished.call(notification.example)
      end

      define_method(:example_pending) do |notification|
        result = notification.example.execution_result
        report.call('SKIPPED', result.pending_message.to_s)
        finished.call(notification.example)
      end

      # RSpec sends errors outside of examples this way, and remarks such as "No examples found.".
      define_method(:message) do |notification|
        if RSpec.world.non_example_failure
          report.call('ERROR', notification.message.strip)
        else
          STDERR.puts notification.message
        end
      end
    end
  end

  # Every class and module below RSpec. This loads the matchers, because a solution could define a matcher that is not
  # loaded yet.
  def self.rspec_modules(from = RSpec, found = {}.compare_by_identity)
    found[from] = true
    from.constants(false).sort.each do |name| # Ruby lists them in an order that any new symbol changes
      next if from.autoload?(name, false) && !from.name.match?(/\ARSpec::(Matchers|Expectations)\b/)

      constant = from.const_get(name, false)
      next unless constant.is_a?(Module) && !found.key?(constant) && constant.name.to_s.start_with?('RSpec')

      rspec_modules(constant, found)
    rescue LoadError, NameError
      next # a part that needs a library which is not installed
    end
    found.keys
  end

  # While a solution is loaded, RSpec has another configuration and another list of examples: a solution must not change
  # those of the fixture.
  def self.with_other_rspec
    configuration, world = RSpec.configuration, RSpec.world
    RSpec.configuration = RSpec::Core::Configuration.new
    RSpec.world = RSpec::Core::World.new(RSpec.configuration)
    yield
  ensure
    RSpec.configuration = configuration
    RSpec.world = world
  end

  # Names the settings of the run that no longer are as the fixture set them.
  def self.rspec_shortcuts(runner)
    configuration = runner.configuration
    [('RSpec.configuration' unless RSpec.configuration.equal?(configuration)),
     ('RSpec.world' unless RSpec.world.equal?(runner.world)),
     ('RSpec.configuration.dry_run' if configuration.dry_run?),
     ('RSpec.world.wants_to_quit' if runner.world.wants_to_quit && !configuration.fail_fast)].compact
  end

  # Runs an RSpec suite and exits. The block loads the code. Its parameter is a lambda that runs a block which loads the
  # solution, and returns whether the framework is unchanged.
  def self.run_rspec(report, fixture: nil)
    RSpec::Core::Runner.disable_autorun!
    runner = RSpec::Core::Runner.new(RSpec::Core::ConfigurationOptions.new(['--no-color']))
    runner.configure(STDERR, STDOUT)
    configuration = runner.configuration
    configuration.add_formatter(rspec_formatter(report))
    configuration.backtrace_exclusion_patterns << /\A#{Regexp.escape(File.dirname(__dir__))}/
    configuration.configure_mock_framework
    configuration.configure_expectation_framework
    guard = nil
    untouched = lambda do |file|
      replaced = (guard ? guard.replaced(file: file) : []) + rspec_shortcuts(runner)
      next true if replaced.empty?

      text = "The solution replaces #{replaced.first(5).join(', ')}, which its tests rest on"
      STDERR.puts text
      report.call('ERROR', text)
      false
    end
    status = 1
    begin
      intact = yield(lambda do |&load_solution|
        guard = Guard.new(rspec_modules)
        with_other_rspec(&load_solution)
        untouched.call(nil)
      end)
      status = runner.run_specs(runner.world.ordered_example_groups) if intact
      status = 1 unless intact && untouched.call(fixture)
    rescue SystemExit, SignalException
      raise # no last word: a run that stops half-way has not passed
    rescue Exception => e # rubocop:disable Lint/RescueException
      status = 1
      trace = clean_backtrace(e).join(' -> ')
      report.call('ERROR', "#{e.message}\nSimplified backtrace: #{trace}")
      print_uncaught(e)
    end
    report.call('END')
    exit status
  end
end
