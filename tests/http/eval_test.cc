// POST /eval, as the tutorial's service answers it.
#include "catch.h"
#include "client.h"
#include "server.h"

using test::ask;
using test::post;
using test::Server;

namespace {

// A token file with one token: "test".
const char* const kTokens =
    "test sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n";

struct EvalServer {
  test::File tokens{kTokens};
  Server server{"[auth]\nmode = \"tokens\"\ntokens = \"" + tokens.path() +
                "\"\n[eval]\nlanguage = \"python\"\nversion = \"3.9\"\ntimeout = \"5s\"\n"};
  std::vector<std::string> token = {"Authorization: Bearer test"};

  test::Response eval(const std::string& code) const {
    return post(server.port(), "/eval", {{"code", code}}, token);
  }
};

}  // namespace

TEST_CASE("the tutorial's service: who may call") {
  const EvalServer eval;
  const auto pong = ask(eval.server.port(), "GET", "/ping", {}, eval.token);
  CHECK(pong.status == 200);
  CHECK(pong.json() == nlohmann::json({{"status", "success"}, {"message", "pong!"}}));
  for (const auto& [method, path] : {std::pair("GET", "/ping"), std::pair("POST", "/eval")}) {
    const auto nobody = ask(eval.server.port(), method, path);
    CHECK(nobody.status == 403);
    CHECK(nobody.json() ==
          nlohmann::json({{"status", "error"}, {"message", "Provide a valid auth token."}}));
    for (const char* wrong : {"Bearer wrong", "Bearer ", "Bearer", "Basic dGVzdA==", "test"}) {
      const auto other =
          ask(eval.server.port(), method, path, {}, {std::string("Authorization: ") + wrong});
      INFO(wrong);
      CHECK(other.status == 401);
      CHECK(other.json() == nlohmann::json({{"status", "error"}, {"message", "Invalid token."}}));
    }
  }
}

TEST_CASE("the tutorial's service: what is no payload") {
  const EvalServer eval;
  for (const char* body :
       {"", "{}", "[]", "null", "3", "\"code\"", R"({"code": ""})", R"({"code": 3})",
        R"({"code": null})", R"({"cod": "1"})", R"({"code": "1")", "{\"code\": \"\xff\"}"}) {
    INFO(body);
    const auto answer = ask(eval.server.port(), "POST", "/eval", body, eval.token);
    CHECK(answer.status == 400);
    CHECK(answer.json() == nlohmann::json({{"status", "error"}, {"message", "Invalid payload."}}));
    CHECK(answer.headers.at("content-type") == "application/json");
  }
  auto headers = eval.token;
  headers.push_back("Content-Type: text/plain");
  CHECK(ask(eval.server.port(), "POST", "/eval", R"({"code": "1"})", headers).status == 400);
}

TEST_CASE("the tutorial's service: code and what it prints") {
  if (!test::has_image("python-legacy")) return;
  const EvalServer eval;
  const auto hello = eval.eval("print(\"Hello, World!\")");
  CHECK(hello.status == 200);
  CHECK(hello.headers.at("content-type") == "application/json");
  CHECK(hello.json() == nlohmann::json({{"status", "success"}, {"output", "Hello, World!"}}));

  const std::string broken = eval.eval("print(\"Hello, World! ").json().at("output");
  CHECK_THAT(broken, ContainsSubstring("SyntaxError: EOL while scanning string literal"));
  const std::string foreign = eval.eval("console.log(\"Hello, World!\")").json().at("output");
  CHECK_THAT(foreign, ContainsSubstring("NameError: name 'console' is not defined"));

  CHECK(eval.eval("print(' a ');print(' \\t ')").json().at("output") == " a");
  CHECK(eval.eval("pass").json().at("output") == "");
  CHECK(eval.eval("print('\\u00e9\\U0001f600')").json().at("output") == "\u00e9\U0001f600");
}

TEST_CASE("the tutorial's service: both streams are one, in order") {
  if (!test::has_image("python-legacy")) return;
  const EvalServer eval;
  const auto answer = eval.eval(
      "import os\n"
      "for i in range(300):\n  os.write(1, b'out%d\\n' % i); os.write(2, b'err%d\\n' % i)");
  std::string expected;
  for (int i = 0; i < 300; ++i)
    expected += "out" + std::to_string(i) + "\nerr" + std::to_string(i) + "\n";
  expected.pop_back();
  CHECK(answer.json().at("output") == expected);
}

TEST_CASE("the tutorial's service: what takes too long is told") {
  if (!test::has_image("python-legacy")) return;
  const EvalServer eval;
  const auto answer = eval.eval("print('before', flush=True)\nwhile True: pass");
  CHECK(answer.status == 200);
  const std::string output = answer.json().at("output");
  CHECK_THAT(output, ContainsSubstring("before\n"));
  CHECK_THAT(output, ContainsSubstring("longer than 5000ms"));
}
