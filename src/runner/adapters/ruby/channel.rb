# frozen_string_literal: true

# The reporter's side of cloche's channel (protocol 1). Loaded before any code of the user's.
module Cloche
  # A line may have 1 MiB. Texts that take more than LONGEST bytes in JSON are cut to as many characters as fit even if
  # each takes six.
  LONGEST = 900_000
  KEPT_CHARACTERS = LONGEST / 6

  ESCAPES = Hash.new { |_, c| format('\u%04x', c.ord) }.update('"' => '\"', '\\' => '\\\\', "\n" => '\n').freeze

  # JSON without the json library: it costs 10 ms and user code may change it.
  # Null for a text that must be whole and is too long.
  def self.json_string(text, whole: false)
    text = text.to_s.dup
    text.force_encoding(Encoding::UTF_8) if text.encoding == Encoding::BINARY
    text = text.encode(Encoding::UTF_8, invalid: :replace, undef: :replace, replace: "\uFFFD").scrub("\uFFFD")
    escaped = text.gsub(/["\\\u0000-\u001f\u007f]/, ESCAPES)
    if escaped.bytesize > LONGEST
      return whole ? nil : json_string("#{text[0, KEPT_CHARACTERS - 10]}\n(cut)")
    end

    %("#{escaped}")
  end

  def self.json_value(value)
    case value
    when true, false, Integer, Float then value.to_s
    else json_string(value)
    end
  end

  def self.give_up(why)
    STDERR.write("cloche: #{why}\n") rescue nil
    exit!(1)
  end

  # Nothing of the adapter's can be redefined from here on.
  def self.seal
    [Cloche, *constants.map { |name| const_get(name) }.grep(Module)].each do |part|
      part.singleton_class.freeze
      part.freeze
    end
  end

  # Returns a lambda `(tag, text, **more)` that reports one event and comes back when the runner has placed it. The
  # nonce and the descriptor live in its closure only: no constant, global or instance variable leads to them.
  def self.open_channel
    number = ENV.delete('CLOCHE_CHANNEL') or abort 'cloche: no reporter channel: this program is run by cloche'
    answers = IO.for_fd(Integer(number), 'rb', autoclose: false)
    events = IO.for_fd(Integer(number) + 1, 'wb', autoclose: false)
    events.sync = true
    answers.close_on_exec = events.close_on_exec = true
    greeting = +''
    until greeting.end_with?("\n")
      greeting << (answers.sysread(1) rescue abort('cloche: the reporter channel did not greet'))
    end
    nonce = greeting[/\Acloche 1 (\h{32})\n\z/, 1] or abort 'cloche: the reporter channel speaks another protocol'
    greeting.clear
    outputs = [STDOUT, STDERR]
    owner = Process.pid
    lock = Thread::Mutex.new
    last_word_said = false

    lambda do |tag, text = nil, **more|
      # A forked child would talk into its parent's conversation.
      give_up('tests can only be reported from the process that started them') unless Process.pid == owner
      raise 'the test run has already ended' if last_word_said

      say = lambda do
        [*outputs, $stdout, $stderr].each { |io| io.flush rescue nil }
        line = +"#{nonce} {\"tag\":#{json_string(tag)}"
        line << ',"text":' << json_string(text) if text
        more.each { |key, value| line << ',' << json_string(key) << ':' << json_value(value) }
        line = (line << "}\n").b
        sent = 0
        sent += events.syswrite(line.byteslice(sent, line.bytesize - sent)) while sent < line.bytesize
        line.clear
        answers.sysread(1)
        last_word_said = true if tag == 'END'
      end
      # An exception thrown in by Timeout must not cut a conversation in half.
      Thread.handle_interrupt(Object => :never) { lock.synchronize(&say) }
    rescue IOError, SystemCallError
      give_up('the reporter channel is closed')
    else
      nil
    end
  end
end
