#include "runner/report/live_tree.h"

#include <algorithm>
#include <utility>

#include "runner/report/tree_text.h"

namespace cloche::runner {

namespace {

std::string indent_of(std::size_t level) {
  return std::string(2 * (level - std::min<std::size_t>(level, 1)), ' ');
}

// The beginning of a name, short enough for one line of a terminal.
std::string first_characters(const std::string& name) {
  std::string line = harmless(name.substr(0, name.find('\n')), false);
  constexpr std::size_t kMost = 60;
  if (line.size() <= kMost) return line;
  std::size_t end = kMost;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xc0) == 0x80) --end;
  return line.substr(0, end) + "…";
}

std::string inner_of(std::size_t level) {
  return std::string(2 * level, ' ');
}

}  // namespace

LiveTree::LiveTree(const LiveOptions& options, Write write)
    : options_(options), write_(std::move(write)), writer_(options.render.colour) {}

void LiveTree::output(int fd, std::string_view bytes) {
  if (!running_ || fd != 1) return;
  tree_.print(bytes);
  if (tree_.open().back()->kind == Test::Kind::test) return;
  line_ += bytes;
  for (std::size_t end; (end = line_.find('\n')) != line_.npos; line_.erase(0, end + 1))
    write_line(line_.substr(0, end));
  flush();
}

// Empty lines before and after the output between two tokens are left out, as in tree_text().
void LiveTree::write_line(const std::string& line) {
  if (line.empty()) {
    if (any_output_) ++blank_lines_;
    return;
  }
  const std::size_t level = tree_.open().size() - 1;
  const std::string prefix = inner_of(level) + (level > 0 ? writer_.styled(Style::dim, "| ") : "");
  for (; blank_lines_ > 0; --blank_lines_) writer_.block(prefix, "\n");
  writer_.block(prefix, line);
  any_output_ = true;
}

void LiveTree::end_line() {
  if (!line_.empty()) write_line(std::exchange(line_, {}));
  blank_lines_ = 0;
  any_output_ = false;
}

void LiveTree::token(const Token& token) {
  const auto tag = tag_named(token.tag);
  if (!tag) return;
  end_line();
  Event event;
  event.tag = *tag;
  event.text = token.text;
  event.mode = token.mode;
  event.label = token.label;
  event.milliseconds = token.milliseconds;
  tree_.add(event);
  catch_up();
  flush();
}

// Writes the children of an open group that are complete, and the logs that came since.
void LiveTree::write_new(Level& level, const std::string& indent, const Test& test,
                         std::size_t children) {
  if (level.children > 0) {
    const Test& last = test.children[level.children - 1];
    for (; level.child_logs < last.logs.size(); ++level.child_logs)
      writer_.log(indent + "  ", last.logs[level.child_logs]);
  }
  for (; level.logs < test.logs.size(); ++level.logs) writer_.log(indent, test.logs[level.logs]);
  for (; level.children < children; ++level.children) {
    Test child = test.children[level.children];
    settle(child);
    if (child.kind == Test::Kind::test) writer_.test(indent, child);
    level.child_logs = child.logs.size();
  }
}

void LiveTree::catch_up() {
  const std::vector<Test*>& open = tree_.open();
  const std::size_t groups = open.size() - (open.back()->kind == Test::Kind::test ? 1 : 0);
  // At most one group ends with an event. It is the last child of what is open now.
  if (levels_.size() > groups) {
    const std::size_t level = levels_.size() - 1;
    const Test& parent = *open[level - 1];
    const Test& ended = parent.children.back();
    write_new(levels_.back(), inner_of(level), ended, ended.children.size());
    levels_.pop_back();
    Level& above = levels_.back();
    above.children = parent.children.size();
    above.child_logs = ended.logs.size();
  }
  for (std::size_t i = 0; i < groups; ++i) {
    if (i == levels_.size()) {
      Test named;
      named.name = open[i]->name;
      writer_.title(indent_of(i), named);
      levels_.emplace_back();
    }
    const std::size_t under_way = i + 1 < open.size() ? 1 : 0;
    write_new(levels_[i], inner_of(i), *open[i], open[i]->children.size() - under_way);
  }
}

void LiveTree::flush() {
  std::string text = writer_.take();
  const bool runs = options_.terminal && tree_.open().back()->kind == Test::Kind::test;
  if (text.empty() && runs == status_) return;
  if (status_) text.insert(0, "\r\x1b[K");
  if (runs) {
    text += writer_.styled(Style::dim, "… " + first_characters(tree_.open().back()->name));
  }
  status_ = runs;
  write_(1, text);
}

Rendered LiveTree::rest(const Report& report) {
  // Of what never began to run, or did not compile, nothing has been written.
  if (report.compilation_failure || !report.test_mode)
    return render(report, options_.format, options_.render);
  end_line();
  std::string text = status_ ? "\r\x1b[K" : "";
  // The way from the root to what was open in the end, in the finished tree.
  const Test* test = &report.tests;
  std::vector<const Test*> way{test};
  for (std::size_t i = 1; i < levels_.size() && !test->children.empty(); ++i)
    way.push_back(test = &test->children.back());
  for (std::size_t i = way.size(); i-- > 0;)
    write_new(levels_[i], inner_of(i), *way[i], way[i]->children.size());
  writer_.standard_error(report.err);
  writer_.line("");
  writer_.summary(report);
  return {text + writer_.take(), {}};
}

}  // namespace cloche::runner
