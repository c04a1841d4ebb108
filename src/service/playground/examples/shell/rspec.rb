describe "the word counter" do
  it "counts words" do
    expect(run_shell(args: %w[rose is a rose])).to eq "rose: 2\na: 1\nis: 1\n"
  end

  it "says nothing without words" do
    expect(run_shell).to eq ""
  end
end
