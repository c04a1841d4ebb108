# frozen_string_literal: true

require_relative 'sync'

# The reporter channel, protocol 2 (docs/adapters.md). Loaded before any code of the user's.
module Cloche
  def self.give_up(why)
    STDERR.write("cloche: #{why}\n") rescue nil
    exit!(70)
  end

  # Freezes the adapter's modules: nothing in them can be redefined from here on.
  def self.seal
    [Cloche, *constants.map { |name| const_get(name) }.grep(Module)].each do |part|
      part.singleton_class.freeze
      part.freeze
    end
  end

  # Returns the block's result. Calls the block again if a signal interrupted its system call.
  def self.insist
    yield
  rescue Errno::EINTR
    retry
  end

  # The bytes of a text, which the runner takes for UTF-8.
  def self.utf8_bytes(text)
    text = text.to_s
    unless [Encoding::UTF_8, Encoding::US_ASCII, Encoding::BINARY].include?(text.encoding)
      text = text.encode(Encoding::UTF_8, invalid: :replace, undef: :replace, replace: "\uFFFD")
    end
    text.b
  end

  # Takes the arguments and the environment of a request, which follow the greeting of a warm start.
  def self.take_request(answers, argument_count, variable_count, size)
    data = +''.b
    data << (answers.sysread(size - data.bytesize) rescue give_up('the request is incomplete')) while data.bytesize < size
    texts = data.force_encoding(Encoding.default_external).split("\0", -1)
    ARGV.replace(texts.first(argument_count))
    ENV.replace(texts[argument_count, variable_count].to_h { |text| text.split('=', 2) })
  end

  # Returns a lambda `(tag, text, mode:, label:, lead:, ms:)` that reports one event and returns when the runner has
  # placed it. The nonce and the descriptors exist only in its closure: no constant, global or instance variable leads
  # to them.
  def self.open_channel
    number = ENV.delete('CLOCHE_CHANNEL') or abort 'cloche: no reporter channel: this program is run by cloche'
    answers = IO.for_fd(Integer(number), 'rb', autoclose: false)
    events = IO.for_fd(Integer(number) + 1, 'wb', autoclose: false)
    events.sync = true
    answers.close_on_exec = events.close_on_exec = true
    events.syswrite("ready\n") if ENV.delete('CLOCHE_WARM')
    greeting = +''
    greeting << (answers.sysread(1) rescue give_up('the reporter channel did not greet')) until greeting.end_with?("\n")
    form = /\Acloche 2 (\h{32})(?: (\d+) (\d+) (\d+))?\n\z/
    nonce, *counts = form.match(greeting)&.captures
    give_up('the reporter channel does not speak protocol 2') unless nonce
    take_request(answers, *counts.map(&:to_i)) if counts.last
    greeting.clear
    outputs = [STDOUT, STDERR]
    owner = Process.pid
    lock = Thread::Mutex.new
    last_word_said = false

    lambda do |tag, text = nil, mode: nil, label: nil, lead: true, ms: nil|
      # A forked child would write into its parent's conversation.
      give_up('tests can only be reported from the process that started them') unless Process.pid == owner
      raise 'the test run has already ended' if last_word_said

      fields = [text, mode, label, ms].map { |field| utf8_bytes(field) }
      say = lambda do
        [*outputs, $stdout, $stderr].each { |io| io.flush rescue nil }
        event = +"#{nonce} #{tag} #{lead ? 1 : 0} #{fields.map(&:bytesize).join(' ')}\n".b
        fields.each { |field| event << field }
        sent = 0
        sent += insist { events.syswrite(event.byteslice(sent, event.bytesize - sent)) } while sent < event.bytesize
        event.clear
        insist { answers.sysread(1) }
        last_word_said = true if tag == 'END'
      end
      # An exception that Timeout raises must not interrupt a conversation half-way.
      Thread.handle_interrupt(Object => :never) { lock.synchronize(&say) }
    rescue IOError, SystemCallError
      give_up('the reporter channel is closed')
    else
      nil
    end
  end
end
