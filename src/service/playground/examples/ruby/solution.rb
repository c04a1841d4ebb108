DIGITS = {
  1000 => "M", 900 => "CM", 500 => "D", 400 => "CD",
  100 => "C", 90 => "XC", 50 => "L", 40 => "XL",
  10 => "X", 9 => "IX", 5 => "V", 4 => "IV", 1 => "I"
}

# Writes a number from 1 to 3999 in Roman numerals.
def to_roman(number)
  DIGITS.map do |value, digit|
    count, number = number.divmod(value)
    digit * count
  end.join
end
