describe "to_roman" do
  it "writes single digits" do
    expect(to_roman(1)).to eq "I"
    expect(to_roman(5)).to eq "V"
    expect(to_roman(1000)).to eq "M"
  end

  it "subtracts instead of repeating four times" do
    expect(to_roman(4)).to eq "IV"
    expect(to_roman(1990)).to eq "MCMXC"
  end

  it "writes years" do
    puts "2008 is #{to_roman(2008)}"
    expect(to_roman(2008)).to eq "MMVIII"
  end
end
