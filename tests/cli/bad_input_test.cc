// Mistakes of users. No test here needs an image.
#include "catch.h"
#include "program.h"

TEST_CASE("an unknown language lists the languages") {
  const Ended ended = run_cloche({"run", "-l", "klingon", "-c", "1"});
  CHECK(ended.status == 64);
  CHECK(ended.out == "");
  CHECK_THAT(ended.err, ContainsSubstring("\"klingon\""));
  CHECK_THAT(ended.err, ContainsSubstring("languages: c, javascript, lua, python, ruby, shell"));
}

TEST_CASE("an unknown version lists the versions") {
  const Ended ended = run_cloche({"run", "-l", "python", "-lv", "1.5", "-c", "1"});
  CHECK(ended.status == 64);
  CHECK_THAT(ended.err, ContainsSubstring("python version 1.5 not supported"));
  CHECK_THAT(ended.err, ContainsSubstring("2.7 (or 2, 2.x"));
}

TEST_CASE("an unknown framework lists the frameworks") {
  const Ended ended = run_cloche({"run", "-l", "ruby", "-c", "1", "-t", "nose", "-f", "1"});
  CHECK(ended.status == 64);
  CHECK_THAT(ended.err, ContainsSubstring("Test framework is not supported: nose"));
  CHECK_THAT(ended.err, ContainsSubstring("cw-2 (or cw), rspec"));
}

TEST_CASE("in a request they are answered as results") {
  const Ended ended = run_cloche({"run", "--request", "-", "--format", "json"},
                                 R"({"language":"ruby","code":"1","testFramework":"nose"})");
  CHECK(ended.status == 0);
  CHECK(ended.err == "");
  CHECK_THAT(ended.out,
             ContainsSubstring(R"({"stdout":"","stderr":"Error: Test framework is not supported)"));
  CHECK_THAT(ended.out, ContainsSubstring(R"("wallTime":0,"compilationFailure":true,)"));
  CHECK_THAT(ended.out, ContainsSubstring(R"("verdict":{"status":"setup_error")"));
  const Ended text =
      run_cloche({"run", "--request", "-"}, R"({"language":"javascript","languageVersion":99})");
  CHECK(text.status == 0);
  CHECK_THAT(text.err, ContainsSubstring("Error: Invalid node version: 99"));
  const Ended checked =
      run_cloche({"run", "--check", "--request", "-"}, R"({"language":"ruby","gist":"12"})");
  CHECK(checked.status == 64);
  CHECK_THAT(checked.err, ContainsSubstring("no network"));
}

TEST_CASE("broken JSON is told with line and column") {
  const Ended request = run_cloche({"run", "--request", "-"}, "{\n  \"language\": oops}");
  CHECK(request.status == 65);
  CHECK_THAT(request.err, ContainsSubstring("line 2, column 15"));
  const Ended argument = run_cloche({"run-json", "{\"language\": \"c\",}"});
  CHECK(argument.status == 65);
  CHECK_THAT(argument.err, ContainsSubstring("line 1, column 18"));
  CHECK(run_cloche({"run-json", "12"}).status == 65);
}

TEST_CASE("a file that is not there is named") {
  const Ended ended = run_cloche({"run", "-l", "c", "--solution-file", "/nonexistent.c"});
  CHECK(ended.status == 66);
  CHECK_THAT(ended.err, ContainsSubstring("/nonexistent.c: No such file or directory"));
}

TEST_CASE("options that make no sense are refused") {
  const std::vector<std::vector<std::string>> wrong = {{"--format", "xml"},
                                                       {"-fmt", "xml"},
                                                       {"--timeout", "soon"},
                                                       {"--timeout", "0"},
                                                       {"--memory", "lots"},
                                                       {"--cpus", "-1"},
                                                       {"--network", "host"},
                                                       {"-srv", "postgres"},
                                                       {"--file", "=x"},
                                                       {"--nonsense"},
                                                       {"--stdin", "--setup-file", "-"},
                                                       {"--solution-file", "x"}};
  for (const auto& options : wrong) {
    std::vector<std::string> arguments = {"run", "-l", "python", "-c", "1"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    INFO(options[0]);
    const Ended ended = run_cloche(arguments);
    CHECK(ended.status == 64);
    CHECK(ended.out == "");
    CHECK_FALSE(ended.err.empty());
  }
  CHECK_THAT(run_cloche({"run", "-l", "c", "-c", "1", "--format", "xml"}).err,
             ContainsSubstring("format must be one of: tokens, json, tree, junit, tap"));
  CHECK(run_cloche({"run", "-l", "python"}).status == 64);
  CHECK(run_cloche({"run", "-c", "1"}).status == 64);
}

TEST_CASE("a command that is none is named, with what there is") {
  const auto check = [](const std::vector<std::string>& words, const std::string& says,
                        const std::string& one_there_is) {
    const Ended ended = run_cloche(words);
    CHECK(ended.status == 64);
    CHECK(ended.out == "");
    CHECK_THAT(ended.err, ContainsSubstring("\"" + says + "\""));
    CHECK_THAT(ended.err, ContainsSubstring(one_there_is));
  };
  check({}, "cloche", "run-json, exec, image,");
  check({"image"}, "cloche image", "import, pull, list,");
  check({"images"}, "cloche images", "run-json, exec, image,");
  check({"image", "delete", "x"}, "cloche image delete", "import, pull, list,");
  check({"seccomp", "ls"}, "cloche seccomp ls", "explain, list, check");
}

TEST_CASE("numbers that count something are whole and above 0") {
  for (const char* number : {"-2", "0", "1.5", "many", "99999999999999999999"}) {
    for (const char* option : {"--tasks", "--inodes", "--open-files", "--cpus"}) {
      if (std::string(option) == "--cpus" && std::string(number) == "1.5") continue;
      const Ended ended = run_cloche({"exec", option, number, "--image", "python", "--", "true"});
      INFO(option << " " << number << ": " << ended.err);
      CHECK(ended.status == 125);
      CHECK_THAT(ended.err,
                 ContainsSubstring("cannot take \"" + std::string(number) + "\" for " + option));
    }
    CHECK(run_cloche({"image", "build", "python", "--jobs", number}).status == 64);
  }
  CHECK(run_cloche({"exec", "--tasks", "9", "--inodes", "100", "--open-files", "64", "--cpus",
                    "0.5", "--image", "python", "--", "true"})
            .status == 0);
}

TEST_CASE("a service that the language does not have is refused") {
  const Ended ended = run_cloche({"run", "-l", "ruby", "-c", "1", "-srv", "redis"});
  CHECK(ended.status == 64);
  CHECK_THAT(ended.err,
             ContainsSubstring("start the service \"redis\" for Ruby (Ruby has no services)"));
}

TEST_CASE("a missing image is told with the command that makes it") {
  const Ended ended = run_cloche({"run", "-l", "python", "-c", "1", "--image", "no-such-image"});
  CHECK(ended.status == 67);
  CHECK_THAT(ended.err, ContainsSubstring("no-such-image"));
}

TEST_CASE("files cannot be put outside of the work directory") {
  const Ended ended =
      run_cloche({"run", "-l", "python", "-c", "1", "--file", "../x=/etc/hostname"});
  CHECK(ended.status == 64);
  CHECK_THAT(ended.err, ContainsSubstring("climbs"));
}

TEST_CASE("help, version and languages answer") {
  CHECK(run_cloche({"run", "--help"}).status == 0);
  CHECK_THAT(run_cloche({"run", "--help"}).out, ContainsSubstring("--fixture-file"));
  const Ended version = run_cloche({"run", "-v"});
  CHECK(version.status == 0);
  CHECK(version.out == run_cloche({"--version"}).out);
  CHECK_THAT(run_cloche({"languages"}).out, ContainsSubstring("python-legacy"));
  CHECK_THAT(run_cloche({"languages", "--json"}).out, ContainsSubstring("\"imagePresent\""));
  CHECK(run_cloche({"languages", "--names", "frameworks", "--of", "rb"}).out ==
        "cw\ncw-2\nrspec\n");
}
