const { assert } = require("chai");

suite("toRoman", () => {
  test("single digits", () => {
    assert.equal(toRoman(1), "I");
    assert.equal(toRoman(5), "V");
    assert.equal(toRoman(1000), "M");
  });

  test("subtraction instead of repetition", () => {
    assert.equal(toRoman(4), "IV");
    assert.equal(toRoman(1990), "MCMXC");
  });

  test("years", () => {
    console.log(`2008 is ${toRoman(2008)}`);
    assert.equal(toRoman(2008), "MMVIII");
  });
});
