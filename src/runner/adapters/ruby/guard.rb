# frozen_string_literal: true

module Cloche
  # Remembers the definitions of the methods that a verdict relies on, and finds those that were replaced later.
  class Guard
    # The methods that assertions compare with and that reports are sent with.
    CORE = {
      BasicObject => %i[== ! != equal?], Kernel => %i[=== raise nil? is_a? kind_of? instance_of? frozen?],
      Module => %i[=== ==], Comparable => %i[==], Integer => %i[== ===], Float => %i[==], String => %i[== eql? b byteslice bytesize clear],
      Symbol => %i[==], Array => %i[== eql? include?], Hash => %i[== eql?], NilClass => %i[nil?], Range => %i[==],
      Exception => %i[==], Method => %i[call], UnboundMethod => %i[== bind_call], Proc => %i[call ===],
      IO => %i[syswrite sysread flush], Thread::Mutex => %i[synchronize]
    }.freeze

    LOOK_UP = Module.instance_method(:instance_method)
    COMMON = Class.instance_methods.freeze
    private_constant :LOOK_UP, :COMMON

    # Remembers all methods of `modules`, and the methods in CORE.
    def initialize(modules)
      @known = []
      CORE.each { |owner, names| names.each { |name| remember(owner, name) } }
      modules.each do |owner|
        [owner, owner.singleton_class].each do |part|
          # Inherited methods count, too: a solution could define a method in a subclass that hides them.
          names = part.instance_methods - COMMON + part.private_instance_methods(false)
          names.each { |name| remember(part, name) }
        end
      end
    end

    # "Owner#name" of each method that was replaced since, except by the file `file`.
    def replaced(file: nil)
      @known.filter_map do |owner, name, method|
        now = current(owner, name)
        next if now == method || (file && now && now.source_location&.first == file)

        "#{owner.inspect.sub(/\A#<Class:(.*)>\z/, '\1.')}##{name}".sub('.#', '.')
      end
    end

    private

    def current(owner, name)
      LOOK_UP.bind_call(owner, name)
    rescue NameError
      nil
    end

    def remember(owner, name)
      method = current(owner, name)
      @known << [owner, name, method].freeze if method
    end
  end
end
