describe("toRoman", function () {
  it("writes single digits", function () {
    Test.assertEquals(toRoman(1), "I");
    Test.assertEquals(toRoman(5), "V");
    Test.assertEquals(toRoman(1000), "M");
  });

  it("subtracts instead of repeating four times", function () {
    Test.assertEquals(toRoman(4), "IV");
    Test.assertEquals(toRoman(1990), "MCMXC");
  });

  it("writes years", function () {
    console.log("2008 is " + toRoman(2008));
    Test.assertEquals(toRoman(2008), "MMVIII");
  });
});
