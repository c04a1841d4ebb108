# frozen_string_literal: true

require 'fileutils'

module Cloche
  # The code of a run. The solution is a file of the work directory. The runner leaves setup and fixture below .cloche;
  # they are taken away before any of the code runs, so that a solution finds neither of them on the disk.
  class Sources
    DIRECTORY = '.cloche'

    attr_reader :work

    # `program` is the path of the solution.
    def initialize(program)
      @work = Dir.pwd
      @program = File.expand_path(program)
      @texts = %w[setup fixture].to_h { |name| [name, read(File.join(DIRECTORY, "#{name}.rb"))] }
      @texts['solution'] = read(@program)
      FileUtils.rm_rf(DIRECTORY)
    end

    def [](name) = @texts.fetch(name)

    # The path that code of this name is said to come from.
    def path(name)
      return @program if name == 'solution'

      File.join(@work, name == 'fixture' ? '.spec.rb' : "#{name}.rb")
    end

    # The same as Ruby names the file that it is started with.
    def shown(name) = path(name).delete_prefix("#{@work}/")

    # Loads the file of that name. Setup and fixture are put there first, in the place of what the solution may have left.
    def load_file(name)
      return unless @texts[name]
      return require(path(name)) if name == 'solution'

      FileUtils.rm_rf(path(name))
      File.open(path(name), File::WRONLY | File::CREAT | File::EXCL) { |file| file.write(@texts[name]) }
      require path(name)
      File.unlink(path(name)) if name == 'setup'
    end

    private

    def read(file)
      File.read(file, encoding: 'BOM|UTF-8')
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
    "#{exception.inspect}\n#{clean_backtrace(exception, work).join("\n")}"
  end

  # Writes the message that Ruby itself would write about an uncaught exception.
  def self.print_uncaught(exception, work = Dir.pwd)
    frames = clean_backtrace(exception, work)
    text = exception.detailed_message(highlight: false)
    first = frames.shift
    STDERR.write("#{"#{first}: " if first}#{text}\n", *frames.map { |frame| "\tfrom #{frame}\n" })
  rescue StandardError
    nil
  end
end
