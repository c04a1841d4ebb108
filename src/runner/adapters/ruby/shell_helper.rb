# frozen_string_literal: true

require 'rspec/core'
require 'tempfile'

module Cloche
  LINGER_SECONDS = 0.3

  # Returns the command's output up to its end. A background process that the command leaves may hold the pipe open for
  # ever.
  def self.capture(command, directory)
    output, write_end = IO.pipe
    pid = Process.spawn(*command, chdir: directory, in: File::NULL, out: write_end, err: write_end)
    write_end.close
    text = +''.b
    reader = Thread.new { loop { text << output.readpartial(65_536) } rescue nil }
    Process.wait(pid)
    reader.kill unless reader.join(LINGER_SECONDS)
    text.force_encoding(Encoding::UTF_8).scrub
  ensure
    output&.close
  end

  # Scripts run as the same user: this keeps them from the memory and the descriptors of this process in /proc.
  def self.hide_from_children
    number = { 'x86_64' => 157, 'aarch64' => 167 }[RbConfig::CONFIG['host_cpu']]
    set_dumpable = 4
    syscall(number, set_dumpable, 0) if number
  end

  # Defines `$solution`, `run_shell` and `compare_with` for fixtures and preloaded code.
  def self.install_shell_helper(report, shell, work)
    solution = File.join(work, 'solution.txt')
    $solution = File.exist?(solution) ? File.read(solution) : nil

    # Runs a script and returns its output on both streams together. Without `script` (text) or `file` (path) it runs
    # the solution.
    run = lambda do |script: nil, file: nil, cwd: nil, output: true, args: []|
      directory = File.expand_path(cwd || work, work)
      words = Array(args).map(&:to_s)
      if script
        Tempfile.create(['script', '.sh']) do |copy|
          copy.write(script)
          copy.close
          next run.call(file: copy.path, cwd: cwd, output: output, args: words)
        end
      else
        text = capture([shell, File.expand_path(file || 'solution.txt', work), *words], directory)
        report.call('LOG', text, mode: 'SHELL', label: 'Shell Output') if output
        text
      end
    end

    # Inside an example: fails it unless the output of the solution (or `actual`) is as expected. In a group: makes an
    # example of that. White space around both is ignored.
    compare = lambda do |here, expected, actual, label|
      comparison = lambda do |example|
        got = actual.nil? ? run.call : actual
        example.expect(got.to_s.strip).to example.eq(expected.to_s.strip)
      end
      if here.is_a?(Module)
        here.it(label || 'should return the expected output') { comparison.call(self) }
      else
        here.aggregate_failures(label || 'comparison') { comparison.call(here) }
      end
    end

    helpers = Module.new do
      define_method(:run_shell) { |**options| run.call(**options) }
      define_method(:compare_with) { |expected, actual: nil, label: nil| compare.call(self, expected, actual, label) }
    end
    RSpec.configure do |configuration|
      configuration.include(helpers)
      configuration.extend(helpers)
    end
    # Preloaded code calls these methods at the top level.
    TOPLEVEL_BINDING.receiver.extend(helpers)
  end
end
