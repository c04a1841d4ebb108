def to_roman(number):
    """Write a number from 1 to 3999 in Roman numerals."""
    digits = [
        (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"),
        (100, "C"), (90, "XC"), (50, "L"), (40, "XL"),
        (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
    ]
    numeral = ""
    for value, digit in digits:
        while number >= value:
            numeral += digit
            number -= value
    return numeral
