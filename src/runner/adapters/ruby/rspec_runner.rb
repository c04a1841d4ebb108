# frozen_string_literal: true

require_relative 'channel'
require_relative 'guard'
require_relative 'sources'
require 'rspec/core'
require 'rspec/expectations'
require 'rspec/mocks'

module Cloche
  # Turns what RSpec notifies into events. The reporter is kept in a closure, as everywhere.
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

      # Errors outside of examples come this way, and remarks such as "No examples found.".
      define_method(:message) do |notification|
        if RSpec.world.non_example_failure
          report.call('ERROR', notification.message.strip)
        else
          STDERR.puts notification.message
        end
      end
    end
  end

  # Every class and module below RSpec, loaded: what is not there yet could be put there by a solution.
  def self.rspec_modules(from = RSpec, found = {}.compare_by_identity)
    found[from] = true
    from.constants(false).each do |name|
      constant = from.const_get(name, false)
      next unless constant.is_a?(Module) && !found.key?(constant) && constant.name.to_s.start_with?('RSpec')

      rspec_modules(constant, found)
    rescue LoadError, NameError
      next # a part that needs a library which is not installed
    end
    found.keys
  end

  # Runs an RSpec suite: `load` is called to load the code, with a lambda to call where the solution begins (`:guard`)
  # and where it ends (`:check`). Exits.
  def self.run_rspec(report, fixture: nil)
    RSpec::Core::Runner.disable_autorun!
    runner = RSpec::Core::Runner.new(RSpec::Core::ConfigurationOptions.new(['--no-color']))
    runner.configure(STDERR, STDOUT)
    configuration = runner.configuration
    configuration.add_formatter(rspec_formatter(report))
    configuration.backtrace_exclusion_patterns << /\A#{Regexp.escape(File.dirname(__dir__))}/
    guard = nil
    say_if_replaced = lambda do |file|
      replaced = guard ? guard.replaced(file: file) : []
      next false if replaced.empty?

      text = "The solution replaces #{replaced.first(5).join(', ')}, which its tests rest on"
      STDERR.puts text
      report.call('ERROR', text)
      true
    end
    status = 0
    begin
      intact = yield(lambda do |moment|
        case moment
        when :guard then guard = Guard.new(rspec_modules)
        when :check then !say_if_replaced.call(nil)
        end
      end)
      if intact
        status = runner.run_specs(runner.world.ordered_example_groups)
        status = 1 if say_if_replaced.call(fixture)
      else
        status = 1
      end
    rescue SystemExit, SignalException
      raise # no last word: a run that stops half-way has not passed
    rescue Exception => e # rubocop:disable Lint/RescueException
      status = 1
      report.call('ERROR', "#{e.message}\nSimplified backtrace: #{clean_backtrace(e).join(' -> ')}")
      print_uncaught(e)
    end
    report.call('END')
    exit status
  end
end
