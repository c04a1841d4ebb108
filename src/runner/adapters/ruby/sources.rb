# frozen_string_literal: true

require 'fileutils'

module Cloche
  # The code of a run. The runner puts it into files below .cloche. They are removed before any of the code runs, so
  # that a solution finds neither the tests nor the preloaded code on the disk.
  class Sources
    DIRECTORY = '.cloche'

    attr_reader :work

    def initialize
      @work = Dir.pwd
      @texts = %w[setup solution fixture].to_h { |name| [name, read(name)] }
      FileUtils.rm_rf(DIRECTORY)
    end

    def [](name) = @texts.fetch(name)

    # The path that backtraces show for the code of this name.
    def path(name) = File.join(@work, name == 'fixture' ? '.spec.rb' : "#{name}.rb")

    # Writes the text into a new file and loads it. A file that the solution left under this name is removed first.
    def load_file(name)
      return unless @texts[name]

      FileUtils.rm_rf(path(name))
      File.open(path(name), File::WRONLY | File::CREAT | File::EXCL) { |file| file.write(@texts[name]) }
      require path(name)
      File.unlink(path(name)) if name == 'setup'
    end

    private

    def read(name)
      File.read(File.join(DIRECTORY, "#{name}.rb"), encoding: Encoding::UTF_8)
    rescue Errno::ENOENT
      nil
    end
  end

  FRAMES_SHOWN = 40
  HIDDEN_FRAMES = [File.dirname(__dir__), '<internal:', '/usr/lib/ruby', '/usr/share/rubygems'].freeze

  # Removes the adapter's frames from a backtrace, and shows paths as the user knows them.
  def self.clean_backtrace(exception, work = Dir.pwd)
    frames = (exception.backtrace || []).reject { |frame| frame.start_with?(*HIDDEN_FRAMES) }
    frames = frames.map { |frame| frame.delete_prefix("#{work}/") }
    return frames if frames.size <= FRAMES_SHOWN

    frames.first(FRAMES_SHOWN) << "... #{frames.size - FRAMES_SHOWN} more"
  end

  # The text of an ERROR token of cw-2.
  def self.inspect_error(exception, work = Dir.pwd)
    "#{exception.inspect}\n#{clean_backtrace(exception, work).join("\n")}".gsub("#{work}/", '')
  end

  # Writes the message that Ruby itself would write about an uncaught exception.
  def self.print_uncaught(exception, work = Dir.pwd)
    frames = clean_backtrace(exception, work)
    text = exception.detailed_message(highlight: false).gsub("#{work}/", '')
    first = frames.shift
    STDERR.write("#{"#{first}: " if first}#{text}\n", *frames.map { |frame| "\tfrom #{frame}\n" })
  rescue StandardError
    nil
  end
end
