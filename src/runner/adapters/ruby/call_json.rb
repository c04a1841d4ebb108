# frozen_string_literal: true

module Cloche
  # Encodes values as JSON, or says why a value has no JSON. The json library writes any object as a text, which a
  # caller could not tell from a real text.
  module CallJson
    DEEPEST = 500
    ESCAPES = Hash.new { |_, c| format('\u%04x', c.ord) }.update('"' => '\"', '\\' => '\\\\', "\n" => '\n').freeze

    # Why there is no JSON, as a sentence.
    class Unfit < StandardError; end

    def self.refuse(what, where)
      raise Unfit, "its value cannot be written as JSON: #{what}#{" at #{where}" unless where.empty?}"
    end

    def self.encode(value, where = '', open = [])
      case value
      when nil then 'null'
      when true, false, Integer then value.to_s
      when Float then value.finite? ? value.to_s : refuse("the number #{value}", where)
      when String, Symbol then string(value.to_s, where)
      when Array, Hash then nested(value, where, open)
      else refuse("an object of the class #{value.class}", where)
      end
    end

    def self.nested(value, where, open)
      refuse('a cycle', where) if open.any? { |outer| outer.equal?(value) }
      refuse("more than #{DEEPEST} levels", '') if open.size == DEEPEST
      open.push(value)
      text = value.is_a?(Array) ? elements(value, where, open) : members(value, where, open)
      open.pop
      text
    end

    def self.elements(value, where, open)
      "[#{value.each_with_index.map { |item, i| encode(item, "#{where}[#{i}]", open) }.join(',')}]"
    end

    def self.members(value, where, open)
      pairs = value.map do |key, item|
        refuse("a key of the class #{key.class}", where) unless [String, Symbol, Integer].any? { |kind| kind === key }
        "#{string(key.to_s, where)}:#{encode(item, "#{where}.#{key}", open)}"
      end
      "{#{pairs.join(',')}}"
    end

    def self.string(text, where)
      utf8 = text.encoding == Encoding::BINARY ? text.dup.force_encoding(Encoding::UTF_8) : text.encode(Encoding::UTF_8)
      refuse('a text that is not valid', where) unless utf8.valid_encoding?
      %("#{utf8.gsub(/["\\\u0000-\u001f\u007f]/, ESCAPES)}")
    rescue EncodingError
      refuse('a text that is not valid', where)
    end

    private_class_method :refuse, :nested, :elements, :members, :string
  end
end
