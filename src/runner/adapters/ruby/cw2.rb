# frozen_string_literal: true

# The cw-2 framework: assertions that report at once, `describe` and `it`. The messages are those that Codewars' tests
# expect. The reporter is a parameter and stays in a closure.
module Test
  class Error < StandardError; end

  DEFAULT_FAILURE = 'Value is not what was expected'

  class << self
    def expect(passed, message = nil)
      passed ? succeed : fail(message)
    end

    def pass(message = nil)
      succeed(message)
    end

    def expect_error(message = nil)
      begin
        yield
      rescue Exception => e # rubocop:disable Lint/RescueException
        raise if e.is_a?(SystemExit) || e.is_a?(SignalException)

        return succeed
      end
      fail(message || 'Expected an error to be thrown')
    end

    def expect_no_error(message = nil)
      begin
        yield
      rescue Exception => e # rubocop:disable Lint/RescueException
        raise if e.is_a?(SystemExit) || e.is_a?(SignalException)

        return fail("#{message || 'Unexpected error was thrown'}: #{e.inspect}")
      end
      succeed
    end

    def assert_equals(actual, expected, message = nil)
      return succeed("Value == #{expected.inspect}") if actual == expected

      fail("#{"#{message} -  " if message}Expected: #{expected.inspect}, instead got: #{actual.inspect}")
    end

    def assert_not_equals(actual, expected, message = nil)
      return succeed("Value != #{expected.inspect}") if actual != expected

      fail("#{"#{message} - " if message}Not expected: #{actual.inspect}")
    end

    def assert_include(actual, expected, message = nil)
      return succeed("Value included #{expected.inspect}") if actual.include?(expected)

      fail("#{"#{message} - " if message}Expected: #{actual.inspect} to include #{expected.inspect}")
    end

    def assert_not_include(actual, expected, message = nil)
      return succeed("Value did not include #{expected.inspect}") unless actual.include?(expected)

      fail("#{"#{message} - " if message}Expected: #{actual.inspect} to not include #{expected.inspect}")
    end

    def random_number = rand(0..100)

    def random_letter = ('a'..'z').to_a.sample

    def random_token = rand(36**10).to_s(36)
  end
end

module Cloche
  # Makes `Test` and the top level report, and returns a lambda that says whether an exception has already been
  # reported.
  def self.install_cw2(report, main)
    reported = {}.compare_by_identity
    # One entry for each open `describe` or `it`.
    scopes = []

    remember = lambda do |exception|
      reported[exception] = true
      scopes.last[:failure] ||= exception unless scopes.empty?
    end
    report_error = lambda do |exception|
      raise exception if exception.is_a?(SignalException)
      next if reported[exception]

      report.call('ERROR', inspect_error(exception))
      # `exit` in a test is an error of that test and must not end the others.
      remember.call(exception.is_a?(SystemExit) ? Test::Error.new('exit was called') : exception)
    end
    in_scope = lambda do |kind, &body|
      scope = { kind: kind, before: [], after: [], failure: nil }
      scopes.push(scope)
      begin
        body.call
      rescue Exception => e # rubocop:disable Lint/RescueException
        report_error.call(e)
      ensure
        scopes.pop
      end
      scope[:failure]
    end
    milliseconds = lambda do |since|
      ((Process.clock_gettime(Process::CLOCK_MONOTONIC) - since) * 1000).round(4)
    end

    framework = {
      succeed: ->(detail = nil) { report.call('PASSED', detail ? "Test Passed: #{detail}" : 'Test Passed') },
      fail: lambda do |message = nil|
        text = (message || Test::DEFAULT_FAILURE).to_s
        report.call('FAILED', text)
        error = Test::Error.new(text).tap { |one| one.set_backtrace(caller) }
        reported[error] = true
        raise error if scopes.empty?

        scopes.last[:failure] ||= error
        nil
      end,
      describe: lambda do |text = '', *, &block|
        report.call('DESCRIBE', text)
        start = Process.clock_gettime(Process::CLOCK_MONOTONIC)
        failure = in_scope.call(:describe) { block&.call }
        raise failure if failure

        took = milliseconds.call(start)
        report.call('COMPLETEDIN', "#{took.round}ms", ms: took)
      end,
      it: lambda do |text = '', *, &block|
        report.call('IT', text)
        start = Process.clock_gettime(Process::CLOCK_MONOTONIC)
        outer = scopes.select { |scope| scope[:kind] == :describe }
        failure = in_scope.call(:it) do
          outer.each { |scope| scope[:before].each(&:call) }
          block&.call
        ensure
          outer.reverse_each { |scope| scope[:after].each(&:call) }
        end
        report.call('COMPLETEDIN', '', ms: milliseconds.call(start))
        raise failure if failure && scopes.empty?

        scopes.last[:failure] ||= failure unless scopes.empty?
        nil
      end,
      before: ->(*, &block) { scopes.last&.dig(:before)&.push(block) },
      after: ->(*, &block) { scopes.last&.dig(:after)&.push(block) }
    }
    framework.each { |name, body| Test.define_singleton_method(name, &body) }
    Test.singleton_class.send(:private, :succeed)
    # As singleton methods of `main`, they win over methods of these names that the solution defines at its top level.
    %i[describe it before after].each do |name|
      main.define_singleton_method(name, &framework[name])
      Object.define_method(name, &framework[name])
      Object.send(:private, name)
    end
    ->(exception) { reported.key?(exception) }
  end
end
