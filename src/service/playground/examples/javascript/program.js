var text = require("fs").readFileSync("/dev/stdin", "utf8");

text.trim().split("\n").forEach(function (line) {
  var words = line.split(" ");
  console.log(words.length + " words: " + words.reverse().join(" "));
});
