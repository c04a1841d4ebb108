# frozen_string_literal: true

# Loaded before the program (ruby -r): what it prints to a pipe arrives at once, and none of it is lost at a time limit.
STDOUT.sync = true
