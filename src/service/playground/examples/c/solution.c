#include <string.h>

/* Writes a number from 1 to 3999 in Roman numerals. The longest, 3888, takes 16 bytes. */
char *to_roman(int number, char *numeral)
{
    static const struct { int value; const char *digit; } digits[] = {
        {1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"},
        {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"},
        {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"},
    };
    *numeral = '\0';
    for (size_t i = 0; i < sizeof digits / sizeof *digits; ++i)
        for (; number >= digits[i].value; number -= digits[i].value)
            strcat(numeral, digits[i].digit);
    return numeral;
}
