const { expect } = require("chai");

describe("toRoman", () => {
  it("writes single digits", () => {
    expect(toRoman(1)).to.equal("I");
    expect(toRoman(5)).to.equal("V");
    expect(toRoman(1000)).to.equal("M");
  });

  it("subtracts instead of repeating four times", () => {
    expect(toRoman(4)).to.equal("IV");
    expect(toRoman(1990)).to.equal("MCMXC");
  });

  it("writes years", () => {
    console.log(`2008 is ${toRoman(2008)}`);
    expect(toRoman(2008)).to.equal("MMVIII");
  });
});
