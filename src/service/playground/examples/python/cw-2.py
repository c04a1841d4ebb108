@test.describe("to_roman")
def _():

    @test.it("writes single digits")
    def _():
        test.assert_equals(to_roman(1), "I")
        test.assert_equals(to_roman(5), "V")
        test.assert_equals(to_roman(1000), "M")

    @test.it("subtracts instead of repeating four times")
    def _():
        test.assert_equals(to_roman(4), "IV")
        test.assert_equals(to_roman(1990), "MCMXC")

    @test.it("writes years")
    def _():
        for year in (1066, 1789, 2008):
            print("%d is %s" % (year, to_roman(year)))
        test.assert_equals(to_roman(2008), "MMVIII")
