// Words of profiles in real runs. The language is made for the test: its programs are shell and
// Python scripts on the image "python".
#include "catch.h"
#include "toy.h"

using namespace cloche::runner;

namespace {

Report run_with(const std::string& words, const Request& request) {
  const Data data(
      {{"profiles/languages/words.json", R"({"language": "words", "extension": "sh", )"
                                         R"("versions": [{"version": "1", "image": "python"}], )" +
                                             words + "}"}});
  return Runner().run(request);
}

Request words(const std::string& solution) {
  Request request;
  request.language = "words";
  request.solution = solution;
  return request;
}

}  // namespace

TEST_CASE("a file is named after the code, from a layout, beside one of the adapter") {
  const char* const profile = R"--("adapter": "python",
    "names": {"main": {"from": "solution", "match": "# program (\\w+)", "error": "No program."}},
    "layouts": {"code": {"${main}.sh": "${solution}"}},
    "run": {"files": ["code", {"lib/channel.py": {"adapter": "channel.py"}}],
            "run": {"argv": ["sh", "${main}.sh", "${adapter}"]}})--";
  const Report report =
      run_with(profile, words("# program kata\nls; cmp lib/channel.py $1/channel.py && echo same"));
  CHECK(report.verdict == Verdict::ok);
  CHECK(report.out == "kata.sh\nlib\nsolution.txt\nsame\n");
  const Report refused = run_with(profile, words("echo 1"));
  CHECK(refused.verdict == Verdict::setup_error);
  CHECK_THAT(refused.err, ContainsSubstring("Error: No program. (no part of the solution matches"));
}

TEST_CASE("a mode has limits of its own") {
  const char* const profile = R"("limits": {"wall_ms": 60000},
    "run": {"limits": {"wall_ms": 100}, "run": {"argv": ["sleep", "30"]}})";
  const Report report = run_with(profile, words("x"));
  CHECK(report.verdict == Verdict::time_limit);
  CHECK(report.time_limit == std::chrono::milliseconds(100));
}
