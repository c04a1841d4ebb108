#include "runner/request/statements.h"

#include "catch.h"

using cloche::runner::apply_statements;
using cloche::runner::Request;

TEST_CASE("statements in the setup are carried out and stay in it") {
  Request request;
  request.setup =
      "# @config: bash-file start.sh\n"
      " // @config: bash echo a: b > c\n"
      "|/**@config: solution-path src/main.rb\r\n"
      "# @config: services redis, mongodb\n"
      "# @config: include-external angular@1.2\n"
      "# @include-external lodash\n"
      "# @config: reference A\n// @reference B\n"
      "-- no @config: gist 1\n"
      "x = 1 # @config: gist 2\n"
      "# @use-database dvdrental\n";
  const std::string before = request.setup;
  apply_statements(request);
  CHECK(request.setup == before);
  CHECK(request.bash_file == "start.sh");
  CHECK(request.bash == "echo a: b > c");
  CHECK(request.solution_path == "src/main.rb");
  CHECK(request.services == std::vector<std::string>{"redis", "mongodb"});
  CHECK(request.options["externalIncludes"] == std::vector<std::string>{"angular@1.2", "lodash"});
  CHECK(request.options["references"] == std::vector<std::string>{"A", "B"});
  CHECK(request.options["useDatabase"] == std::vector<std::string>{"dvdrental"});
  CHECK(request.gist.empty());
}

TEST_CASE("downloads are recognised") {
  Request request;
  request.setup = "# @config: github-repo a/b\n# @config: gist 3acc";
  apply_statements(request);
  CHECK(request.github_repo == "a/b");
  CHECK(request.gist == "3acc");
}

TEST_CASE("only the setup has statements, but every text can be split") {
  Request request;
  request.solution =
      "# @config: bash rm\nmain\n  // @config: split-file a/b.rb\nfirst\n"
      "# @config split-file c.rb\nsecond";
  request.fixture = "#@config:split-file d.rb\nthird\n";
  apply_statements(request);
  CHECK(request.bash.empty());
  CHECK(request.solution == "# @config: bash rm\nmain\n");
  CHECK(request.fixture == "");
  CHECK(request.files.size() == 3);
  CHECK(request.files["a/b.rb"] == "first\n");
  CHECK(request.files["c.rb"] == "second");
  CHECK(request.files["d.rb"] == "third\n");
}

TEST_CASE("a text without a marker is left alone") {
  Request request;
  request.solution = "a @config: split-file x\nb";
  apply_statements(request);
  CHECK(request.files.empty());
  CHECK(request.solution == "a @config: split-file x\nb");
}

TEST_CASE("a marker at the very end makes an empty file") {
  Request request;
  request.solution = "a\n// @config: split-file x";
  apply_statements(request);
  CHECK(request.solution == "a\n");
  REQUIRE(request.files.count("x") == 1);
  CHECK(request.files["x"] == "");
}

TEST_CASE("ten megabytes of signs that begin no statement take no time") {
  Request request;
  for (int i = 0; i < 5'000'000; ++i) request.setup += "@ ";
  request.solution = std::string(10'000'000, '#');
  apply_statements(request);
  CHECK(request.files.empty());
}
