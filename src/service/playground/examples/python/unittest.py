class Test(unittest.TestCase):
    def test_single_digits(self):
        for number, numeral in [(1, "I"), (5, "V"), (1000, "M")]:
            self.assertEqual(to_roman(number), numeral)

    def test_subtraction(self):
        self.assertEqual(to_roman(4), "IV")
        self.assertEqual(to_roman(1990), "MCMXC")

    def test_years(self):
        print("2008 is " + to_roman(2008))
        self.assertEqual(to_roman(2008), "MMVIII")
