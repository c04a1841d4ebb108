STDIN.each_line do |line|
  words = line.split
  puts "#{words.size} words: #{words.reverse.join(' ')}"
end
