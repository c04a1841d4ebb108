#include <criterion/criterion.h>
#include <stdio.h>

char *to_roman(int number, char *numeral);

static char numeral[16];

Test(to_roman, single_digits)
{
    cr_assert_str_eq(to_roman(1, numeral), "I");
    cr_assert_str_eq(to_roman(5, numeral), "V");
    cr_assert_str_eq(to_roman(1000, numeral), "M");
}

Test(to_roman, subtraction)
{
    cr_assert_str_eq(to_roman(4, numeral), "IV");
    cr_assert_str_eq(to_roman(1990, numeral), "MCMXC");
}

Test(to_roman, years)
{
    printf("2008 is %s\n", to_roman(2008, numeral));
    cr_assert_str_eq(to_roman(2008, numeral), "MMVIII");
}
