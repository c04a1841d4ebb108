#include "runner/report/junit.h"

#include <cstdint>
#include <cstdio>
#include <vector>

#include "runner/report/ci_tree.h"
#include "runner/report/colours.h"
#include "util/utf8.h"

namespace cloche::runner {

namespace {

// https://www.w3.org/TR/xml/#charsets
bool is_xml_character(char32_t code) {
  return code == '\t' || code == '\n' || code == '\r' || (code >= 0x20 && code <= 0xd7ff) ||
         (code >= 0xe000 && code <= 0xfffd) || code >= 0x10000;
}

// Text between tags or in a quoted attribute. A reader turns a raw line break in an attribute into
// a space, and a raw carriage return anywhere into a line break. Both are therefore written as
// character numbers.
std::string escaped(const std::string& raw, bool attribute) {
  const std::string text = without_colours(raw);
  std::string xml;
  xml.reserve(text.size() + text.size() / 8);
  for (std::size_t at = 0; at < text.size();) {
    const Character character = character_at(text, at);
    if (character.size == 0 || !is_xml_character(character.code)) {
      xml += "\xef\xbf\xbd";
    } else if (character.code == '&') {
      xml += "&amp;";
    } else if (character.code == '<') {
      xml += "&lt;";
    } else if (character.code == '>') {
      xml += "&gt;";
    } else if (attribute && character.code == '"') {
      xml += "&quot;";
    } else if (character.code == '\r' || (attribute && character.code < 0x20)) {
      xml += "&#" + std::to_string(static_cast<unsigned>(character.code)) + ";";
    } else {
      xml.append(text, at, character.size);
    }
    at += character.size == 0 ? 1 : character.size;
  }
  return xml;
}

std::string attribute(const char* name, const std::string& value) {
  return std::string(" ") + name + "=\"" + escaped(value, true) + "\"";
}
std::string attribute(const char* name, std::uint64_t value) {
  return attribute(name, std::to_string(value));
}

std::string seconds(double milliseconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", milliseconds / 1000);
  return text;
}

std::string element(const char* name, const std::string& content) {
  return std::string("<") + name + ">" + escaped(content, false) + "</" + name + ">\n";
}

struct Suite {
  std::string name;
  std::string cases;  // the elements, ready
  std::uint64_t tests = 0, failures = 0, errors = 0, skipped = 0;
  double milliseconds = 0;
};

const char* result_element(Test::Outcome outcome) {
  switch (outcome) {
    case Test::Outcome::failed:
      return "failure";
    case Test::Outcome::error:
      return "error";
    case Test::Outcome::skipped:
      return "skipped";
    case Test::Outcome::passed:
    case Test::Outcome::none:
      return nullptr;
  }
  return nullptr;
}

// The worst outcome of a test's own assertions. Tests inside it count for themselves.
Test::Outcome own_outcome(const Test& test) {
  if (test.children.empty()) return test.outcome;
  Test::Outcome worst = Test::Outcome::none;
  for (const Test::Assertion& assertion : test.assertions)
    worst = std::max(worst, assertion.outcome);
  return worst;
}

void add_case(Suite& suite, const Test& test) {
  const Test::Outcome outcome = own_outcome(test);
  ++suite.tests;
  suite.failures += outcome == Test::Outcome::failed ? 1 : 0;
  suite.errors += outcome == Test::Outcome::error ? 1 : 0;
  suite.skipped += outcome == Test::Outcome::skipped ? 1 : 0;
  const double milliseconds = test.milliseconds.value_or(0);
  suite.milliseconds += milliseconds;
  std::string& xml = suite.cases;
  xml += "    <testcase" + attribute("name", title_of(test)) + attribute("classname", suite.name) +
         attribute("time", seconds(milliseconds)) + ">\n";
  if (const char* result = result_element(outcome)) {
    const std::string messages = messages_of(test);
    xml += std::string("      <") + result + attribute("type", std::string(to_string(outcome))) +
           attribute("message", first_line(messages)) + ">" + escaped(messages, false) + "</" +
           result + ">\n";
  }
  if (const std::string output = output_of(test); !output.empty())
    xml += "      " + element("system-out", output);
  xml += "    </testcase>\n";
}

// Adds the suites of a group and of all groups below it, in their order.
void add_suites(std::vector<Suite>& suites, const Test& group, const std::string& name) {
  Suite suite;
  suite.name = name;
  std::vector<const Test*> inner;
  for (const Test& child : group.children) {
    if (child.kind == Test::Kind::test) add_case(suite, child);
    if (child.kind == Test::Kind::group || !child.children.empty()) inner.push_back(&child);
  }
  if (suite.tests > 0) suites.push_back(std::move(suite));
  for (const Test* child : inner) add_suites(suites, *child, name + " / " + title_of(*child));
}

}  // namespace

std::string junit_xml(const Report& report) {
  const Test root = ci_tree(report);
  std::vector<Suite> suites;
  add_suites(suites, root, root.name);
  Suite all;
  for (const Suite& suite : suites) {
    all.tests += suite.tests;
    all.failures += suite.failures;
    all.errors += suite.errors;
    all.milliseconds += suite.milliseconds;
  }
  std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" +
                    attribute("name", root.name) + attribute("tests", all.tests) +
                    attribute("failures", all.failures) + attribute("errors", all.errors) +
                    attribute("time", seconds(all.milliseconds)) + ">\n";
  for (std::size_t i = 0; i < suites.size(); ++i) {
    const Suite& suite = suites[i];
    xml += "  <testsuite" + attribute("name", suite.name) + attribute("tests", suite.tests) +
           attribute("failures", suite.failures) + attribute("errors", suite.errors) +
           attribute("skipped", suite.skipped) + attribute("time", seconds(suite.milliseconds)) +
           ">\n" + suite.cases;
    // Standard error belongs to the whole run: the reporter does not say which test wrote it.
    if (i + 1 == suites.size() && !report.err.empty())
      xml += "    " + element("system-err", report.err);
    xml += "  </testsuite>\n";
  }
  return xml + "</testsuites>\n";
}

}  // namespace cloche::runner
