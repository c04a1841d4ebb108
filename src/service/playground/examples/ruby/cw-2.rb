describe "to_roman" do
  it "writes single digits" do
    Test.assert_equals(to_roman(1), "I")
    Test.assert_equals(to_roman(5), "V")
    Test.assert_equals(to_roman(1000), "M")
  end

  it "subtracts instead of repeating four times" do
    Test.assert_equals(to_roman(4), "IV")
    Test.assert_equals(to_roman(1990), "MCMXC")
  end

  it "writes years" do
    puts "2008 is #{to_roman(2008)}"
    Test.assert_equals(to_roman(2008), "MMVIII")
  end
end
