// Words of profiles in real runs. The language is made for the test: its programs are shell and
// Python scripts on the image "python".
#include "catch.h"
#include "cloche/error.h"
#include "runner/profile/service.h"
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

namespace {

Report converted(const std::string& fixture, const std::string& file = "report.tap",
                 const std::string& program = "tap.pl") {
  Request request = words("");
  request.fixture = fixture;
  return run_with(R"("run": {"run": {"argv": ["true"]}}, "frameworks": [{"name": "tap",
    "files": {"t.sh": "${fixture}"}, "limits": {"wall_ms": 2000}, "run": {"argv": ["sh", "t.sh"]},
    "convert": {"argv": ["perl", "/cloche/adapters/convert/)" +
                      program + R"(", ")" + file + R"("]}}])",
                  request);
}

}  // namespace

TEST_CASE("a report in a file is converted after the tests have ended") {
  const Report report = converted(R"(echo printed; cat > report.tap <<'END'
TAP version 14
    # Subtest: group
    ok 1 - one
    not ok 2 - two
      ---
      message: 'Expected 1'
      duration_ms: 1.5
      ...
    1..2
not ok 1 - group
ok 2 - later # SKIP why
ok 3 - a \# b
# a comment
1..3
END
exit 1)");
  CHECK(report.verdict == Verdict::tests_failed);
  CHECK(report.out ==
        "printed\n\n<DESCRIBE::>group\n\n<IT::>one\n\n<PASSED::>Test Passed\n\n<COMPLETEDIN::>\n"
        "\n<IT::>two\n\n<FAILED::>Expected 1\n\n<LOG:ESC:Diagnostics>message: 'Expected 1'<:LF:>"
        "duration_ms: 1.5\n\n<COMPLETEDIN::>1.5\n\n<COMPLETEDIN::>\n\n<IT::>later\n"
        "\n<COMPLETEDIN::>\n\n<IT::>a # b\n\n<PASSED::>Test Passed\n\n<COMPLETEDIN::>\n");
  CHECK(report.counts.tests == 4);
  CHECK(report.counts.failed == 1);
  CHECK(report.counts.skipped == 1);
  CHECK(report.exit_code == 1);
}

TEST_CASE("reports in the XML of JUnit and NUnit are converted") {
  const Report junit = converted(R"--(cat > report.xml <<'END'
<?xml version="1.0" encoding="UTF-8"?>
<testsuites><!-- > --><testsuite name="S &amp; &#xe9;" time="0.5">
  <testcase name="a" time="0.0015"/>
  <testcase name='b'><failure message="Expected &quot;1&quot;">at x.kt:3</failure><system-out><![CDATA[<x>]]></system-out></testcase>
  <testcase name="c"><error>boom</error></testcase>
  <testcase name="d"><skipped/></testcase>
</testsuite></testsuites>
END
)--",
                                 "report.xml", "xml.pl");
  CHECK(junit.verdict == Verdict::tests_failed);
  CHECK(junit.out ==
        "\n<DESCRIBE::>S & é\n\n<IT::>a\n\n<PASSED::>Test Passed\n\n<COMPLETEDIN::>1.5000\n"
        "\n<IT::>b\n\n<LOG::Output><x>\n\n<FAILED::>Expected \"1\"\n"
        "\n<LOG:ESC:Traceback>at x.kt:3\n\n<COMPLETEDIN::>\n\n<IT::>c\n\n<ERROR::>boom\n"
        "\n<COMPLETEDIN::>\n\n<IT::>d\n\n<COMPLETEDIN::>\n\n<COMPLETEDIN::>500.0000\n");
  const Report nunit = converted(R"--(cat > report.xml <<'END'
<test-results name="x"><test-suite name="P" result="Failure"><results>
<test-case name="T.a" executed="True" result="Success" time="0.012"/>
<test-case name="T.b" executed="True" result="Error"><failure><message><![CDATA[bad]]></message></failure></test-case>
<test-case name="T.c" executed="False" result="Ignored"><reason><message>later</message></reason></test-case>
</results></test-suite></test-results>
END
)--",
                                 "report.xml", "xml.pl");
  CHECK(nunit.counts.tests == 3);
  CHECK(nunit.counts.passed == 1);
  CHECK(nunit.counts.errors == 1);
  CHECK(nunit.counts.skipped == 1);
  for (const char* xml : {"", "<a>", "</a>", "<a", "text", "<a></b>", "<a b=\"x>"})
    CHECK(converted("printf '%s' '" + std::string(xml) + "' > r", "r", "xml.pl").verdict ==
          Verdict::report_broken);
}

TEST_CASE("the events of go test -json are converted") {
  const std::string events = R"--({"Action":"start","Package":"x"}
{"Action":"run","Package":"x","Test":"TestA"}
{"Action":"output","Package":"x","Test":"TestA","Output":"--- PASS: TestA (0.00s)\n"}
{"Action":"pass","Package":"x","Test":"TestA","Elapsed":0.01}
{"Action":"run","Package":"x","Test":"TestB"}
{"Action":"run","Package":"x","Test":"TestB/one"}
{"Action":"output","Package":"x","Test":"TestB/one","Output":"a_test.go:9: \"1\" \u003c \ud83d\ude00\n"}
{"Action":"fail","Package":"x","Test":"TestB/one","Elapsed":0}
{"Action":"fail","Package":"x","Test":"TestB","Elapsed":0}
)--";
  const std::string head = "cat > report.json <<'END'\n" + events;
  const Report report = converted(head + R"--({"Action":"fail","Package":"x","Elapsed":0.1}
END
exit 1)--",
                                  "report.json", "go_json.pl");
  CHECK(report.verdict == Verdict::tests_failed);
  CHECK(report.out ==
        "\n<IT::>TestA\n\n<PASSED::>Test Passed\n\n<COMPLETEDIN::>10.0000\n\n<DESCRIBE::>TestB\n"
        "\n<IT::>one\n\n<FAILED::>a_test.go:9: \"1\" < 😀\n\n<COMPLETEDIN::>0.0000\n"
        "\n<COMPLETEDIN::>0.0000\n");
  const Report cut = converted(head + "END\n", "report.json", "go_json.pl");
  CHECK(cut.verdict == Verdict::report_broken);
  CHECK_THAT(cut.err, ContainsSubstring("the package x has no result"));
}

TEST_CASE("a report that is not complete has not passed") {
  for (const char* fixture :
       {"true", "echo 'ok 1' > report.tap", "printf 'ok 1\\n1..2\\n' > report.tap",
        "ln -s t.sh report.tap", "mkfifo report.tap", "mkdir report.tap",
        "printf '    ok 1\\nok 1\\n1..1\\n' > report.tap"}) {
    INFO(fixture);
    const Report report = converted(fixture);
    CHECK(report.verdict == Verdict::report_broken);
    CHECK_THAT(report.reason, ContainsSubstring("the report of the tests could not be read"));
    CHECK_THAT(report.err, ContainsSubstring("The report of the tests is not complete: "));
  }
  CHECK(converted("echo 1..0 > report.tap").verdict == Verdict::no_tests);
  CHECK(converted("echo 'Bail out! no' > report.tap").verdict == Verdict::tests_failed);
}

TEST_CASE(
    "the tests have no channel where a report is converted, and a limit is still the verdict") {
  const Report silent = converted(
      "test -z $CLOCHE_CHANNEL && test ! -e /proc/self/fd/3 && printf 'ok 1\\n1..1\\n' > "
      "report.tap");
  CHECK(silent.verdict == Verdict::ok);
  const Report late = converted("printf '1..2\\nok 1\\n' > report.tap; sleep 60");
  CHECK(late.verdict == Verdict::time_limit);
  const Report missing = converted("true", "none.tap");
  CHECK_THAT(missing.err, ContainsSubstring("none.tap: No such file"));
}

namespace {

// A profile whose programs can use these services. `more` has further words of its plain runs.
Report with_service(const std::string& service, const Request& request,
                    const std::string& more = "") {
  const Data data({{"profiles/languages/words.json",
                    R"({"language": "words", "versions": [{"version": "1", "image": "python"}],
                        "services": ["it", "never"],
                        "run": {"files": {"s.sh": "${solution}"}, )" +
                        more + R"("run": {"argv": ["sh", "s.sh"]}},
                        "frameworks": [{"name": "raw", "files": {"t.sh": "${fixture}"},
                                        "services": ["it"], "run": {"argv": ["sh", "t.sh"]}}]})"},
                   {"profiles/services/it.json", service}});
  return Runner().run(request);
}

Request wanting(const std::string& service, const std::string& solution) {
  Request request = words(solution);
  request.services = {service};
  return request;
}

}  // namespace

TEST_CASE("a service is ready before the program starts") {
  const char* const web = R"({
    "start": {"argv": ["python3", "-u", "-m", "http.server", "8000", "-b", "127.0.0.1", "-d", "/workspace"]},
    "ready": {"output": "Serving HTTP"}})";
  const std::string fetch =
      "exec python3 -c 'import urllib.request as u; "
      "print(u.urlopen(\"http://127.0.0.1:8000/solution.txt\").status)'";
  CHECK(with_service(web, wanting("it", fetch)).out == "200\n");
  // It has the exit code and signal of the program.
  CHECK(with_service(web, wanting("it", "exit 203")).exit_code == 203);
  CHECK(with_service(web, wanting("it", "kill -9 $$")).verdict == Verdict::signaled);
  const Report without = with_service(web, words(fetch));
  CHECK(without.verdict == Verdict::runtime_error);
  CHECK(with_service(web, words(fetch), R"("services": ["it"], )").out == "200\n");
}

TEST_CASE("what a setup script stored is there when a service starts again") {
  const char* const store = R"--({
    "start": {"argv": ["sh", "-c", "trap 'cp /tmp/live /tmp/disk; exit 0' TERM; echo $$ > /tmp/pid; cp /tmp/disk /tmp/live 2> /tmp/log || : > /tmp/live; : > /tmp/ready; while :; do sleep 0.02; done"]},
    "ready": {"argv": ["test", "-e", "/tmp/ready"]},
    "stop": {"argv": ["sh", "-c", "rm /tmp/ready; kill $(cat /tmp/pid)"]
}
})--";
  Request request = wanting("it", "cat /tmp/live");
  request.bash = "echo stored >> /tmp/live; exit 3";
  const Report report = with_service(store, request);
  CHECK(report.out == "stored\n");
  REQUIRE(report.shell);
  CHECK(report.shell->exit_code == 3);
}

TEST_CASE("a service that is not ready ends the run with its last words") {
  const Report late = with_service(
      R"({"start": {"argv": ["sh", "-c", "echo slow; sleep 60"]},
          "ready": {"argv": ["false"], "limit_ms": 100}})",
      wanting("it", "echo ran"));
  CHECK(late.exit_code == 70);
  CHECK(late.out == "");
  CHECK(late.err == "Error: the service it was not ready within 100 ms\nslow\n");
  const Report failed = with_service(
      R"({"start": {"argv": ["sh", "-c", "echo broken; exit 3"]}, "ready": {"output": "up"}})",
      wanting("it", "echo ran"));
  CHECK(failed.err == "Error: the service it ended with exit code 3\nbroken\n");
  CHECK(failed.out == "");
}

TEST_CASE("a service does not have the reporter's channel") {
  Request request = words("");
  request.fixture =
      kSpeak + "say IT a; cat /tmp/.cloche-services/it; say PASSED; say COMPLETEDIN; say END";
  const Report report = with_service(
      R"({"start": {"argv": ["sh", "-c", "echo [$CLOCHE_CHANNEL]; for n in 3 4; do test -e /proc/$$/fd/$n && echo open $n; done; echo up; sleep 60"]},
          "ready": {"output": "up"}})",
      request);
  CHECK(report.verdict == Verdict::ok);
  CHECK_THAT(report.out, ContainsSubstring("[]\nup\n"));
}

TEST_CASE("services are described strictly") {
  const auto refused = [](const std::string& json) {
    try {
      parse_service(json, "it", "it.json");
    } catch (const cloche::Error& error) {
      CHECK(error.kind() == cloche::ErrorKind::bad_data);
      return std::string(error.what());
    }
    return std::string("no error");
  };
  const std::string start = R"("start": {"argv": ["a"]}, )";
  CHECK(refused("{" + start + R"("ready": {"output": "up"}, "stop": {"argv": ["b"]}})") ==
        "no error");
  CHECK_THAT(refused("{" + start + R"("ready": {"output": "up"}, "stopp": {}})"),
             ContainsSubstring("it.json: at /stopp: unknown key (the nearest known is \"stop\""));
  CHECK_THAT(refused(R"({"ready": {"output": "up"}})"), ContainsSubstring("\"start\" is missing"));
  CHECK_THAT(refused("{" + start + R"("ready": {}})"), ContainsSubstring("by \"argv\" or by"));
  CHECK_THAT(refused("{" + start + R"("ready": {"argv": [], "limit_ms": 1}})"),
             ContainsSubstring("at /ready/argv: a program is missing"));
  CHECK_THAT(refused("{" + start + R"("ready": {"output": "a\nb"}})"),
             ContainsSubstring("within one line"));
}

TEST_CASE("a service that the language does not have is refused with what it has") {
  const Report report = with_service("{}", wanting("nevr", "x"));
  CHECK(report.verdict == Verdict::setup_error);
  CHECK_THAT(report.err, ContainsSubstring("the nearest known is never; services: it, never"));
}

TEST_CASE("compilers name the user's files and lines") {
  const char* const profile = R"--("diagnostics": ["File \"(?<file>[^\"]+)\", line (?<line>\\d+)"],
    "run": {"files": {"all.py": "# ours\n${setup}\nprint(0)\n${solution}\nour mistake"},
            "compile": [{"argv": ["python3", "-c", "import sys\ncompile(open('all.py').read(), sys.argv[1], 'exec')", "${options.path}"]}],
            "run": {"argv": ["true"]}})--";
  Request request = words("a = 1\nb = = 2\nc = 3\n");
  request.setup = "x = 1\ny = 2";
  request.options["path"] = {"all.py"};
  const auto said = [&] { return run_with(profile, request).err; };
  CHECK_THAT(said(), ContainsSubstring("File \"solution.sh\", line 2\n    b = = 2"));
  request.options["path"] = {"/workspace/all.py"};
  CHECK_THAT(said(), ContainsSubstring("File \"solution.sh\", line 2\n"));
  request.options["path"] = {"other.py"};
  CHECK_THAT(said(), ContainsSubstring("File \"other.py\", line 6\n"));
  request.options["path"] = {"./all.py"};
  request.setup = "x = 1\ny = = 2\n\n";
  CHECK_THAT(said(), ContainsSubstring("File \"setup.sh\", line 2\n"));
  // A line of ours is not the user's.
  request.setup = "";
  request.solution = "a = 1";
  CHECK_THAT(said(), ContainsSubstring("File \"./all.py\", line 5\n    our mistake"));
}
