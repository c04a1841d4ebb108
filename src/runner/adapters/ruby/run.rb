# frozen_string_literal: true

# run.rb PROGRAM [ARGUMENT]...: runs the setup and then PROGRAM, which sees the setup's local variables.
require_relative 'sync'
require_relative 'sources'

lambda do |top, program|
  sources = Cloche::Sources.new(program)
  $0 = program
  begin
    eval(sources['setup'], top, sources.shown('setup'), 1) if sources['setup']
    text = sources['solution']
    if (rest = text.match(/^__END__$\n?/))
      Object.const_set(:DATA, File.open(sources.path('solution')).tap { |file| file.seek(rest.byteoffset(0).last) })
    end
    eval(text, top, program, 1)
  rescue SystemExit, SignalException
    raise
  rescue Exception => e # rubocop:disable Lint/RescueException
    Cloche.print_uncaught(e)
    exit 1
  end
end.call(TOPLEVEL_BINDING, ARGV.shift)
