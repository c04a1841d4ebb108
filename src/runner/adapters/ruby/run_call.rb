# frozen_string_literal: true

# run_call.rb PROGRAM: calls a function of it, whose name and arguments the runner wrote into .cloche/call.json.
require 'json'
require_relative 'channel'
require_relative 'sources'
require_relative 'call_json'

lambda do |main, top|
  report = Cloche.open_channel # a warm start waits here
  call = JSON.parse(File.read('.cloche/call.json', encoding: Encoding::UTF_8), max_nesting: false)
  Cloche.seal
  sources = Cloche::Sources.new(ARGV.shift)
  $LOAD_PATH.unshift(sources.work)
  $0 = sources.shown('solution')
  entry, arguments = call.values_at('entry', 'args')
  refuse = lambda do |why|
    report.call('NOVALUE', why)
    exit!(1)
  end
  # `Tools.add` and `Tools::Sums.add` are methods of constants; a plain name is a method of the program itself.
  find = lambda do |name|
    *owners, method = name.split(/\.|::/)
    owner = owners.reduce(Object) { |inside, constant| inside.const_get(constant, inside.equal?(Object)) }
    (owners.empty? ? main : owner).method(method)
  rescue NameError, TypeError, NoMethodError
    refuse.call("there is no function #{name}")
  end

  begin
    %w[setup solution].each { |name| eval(sources[name], top, sources.shown(name), 1) if sources[name] }
    function = find.call(entry.to_s)
    value =
      if arguments.is_a?(Hash)
        function.call(**arguments.transform_keys(&:to_sym))
      else
        function.call(*arguments)
      end
    text = begin
      Cloche::CallJson.encode(value)
    rescue Cloche::CallJson::Unfit => e
      refuse.call(e.message)
    end
    report.call('VALUE', text) # the runner refuses a text that is too long
    report.call('END')
    # This also ends everything that the function left running.
    exit!(0)
  rescue SystemExit, SignalException
    raise
  rescue Exception => e # rubocop:disable Lint/RescueException
    Cloche.print_uncaught(e)
    exit 1
  end
end.call(self, TOPLEVEL_BINDING)
