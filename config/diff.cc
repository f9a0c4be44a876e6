#include "config/diff.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "config/dump_python.h"

namespace anneal::config {
namespace {

constexpr size_t kContext = 3;
// Cells of the table of common subsequences; beyond it all that lies between
// the first and the last change counts as changed.
constexpr size_t kMaxTable = 16 << 20;

// A line of the diff: ' ', '-' or '+', and how many lines of each text precede
// it.
struct Line {
  char mark;
  absl::string_view text;
  size_t a;
  size_t b;
};

using Lines = std::vector<absl::string_view>;

// The whole of both texts as a diff, by the longest common subsequence.
std::vector<Line> Align(const Lines& a, const Lines& b) {
  size_t begin = 0;
  while (begin < a.size() && begin < b.size() && a[begin] == b[begin]) ++begin;
  size_t end = 0;
  while (end < a.size() - begin && end < b.size() - begin &&
         a[a.size() - 1 - end] == b[b.size() - 1 - end]) {
    ++end;
  }
  const size_t rows = a.size() - begin - end;
  const size_t columns = b.size() - begin - end;
  // length[i][j]: of the common subsequence of what follows line i and j.
  const bool has_table = (rows + 1) * (columns + 1) <= kMaxTable;
  std::vector<uint32_t> length(has_table ? (rows + 1) * (columns + 1) : 0);
  auto at = [&](size_t i, size_t j) -> uint32_t& {
    return length[i * (columns + 1) + j];
  };
  for (size_t i = has_table ? rows : 0; i-- > 0;) {
    for (size_t j = columns; j-- > 0;) {
      at(i, j) = a[begin + i] == b[begin + j]
                     ? at(i + 1, j + 1) + 1
                     : std::max(at(i + 1, j), at(i, j + 1));
    }
  }
  std::vector<Line> lines;
  size_t i = 0;
  size_t j = 0;
  auto remove = [&] {
    lines.push_back({'-', a[i], i, j});
    ++i;
  };
  auto add = [&] {
    lines.push_back({'+', b[j], i, j});
    ++j;
  };
  auto keep = [&] {
    lines.push_back({' ', a[i], i, j});
    ++i;
    ++j;
  };
  while (i < begin) keep();
  while (i < begin + rows && j < begin + columns) {
    if (has_table && a[i] == b[j]) {
      keep();
    } else if (!has_table ||
               at(i + 1 - begin, j - begin) >= at(i - begin, j + 1 - begin)) {
      remove();
    } else {
      add();
    }
  }
  while (i < begin + rows) remove();
  while (j < begin + columns) add();
  while (i < a.size()) keep();
  return lines;
}

// "3" or "3,2", as diff writes a range of lines.
std::string Range(size_t start, size_t length) {
  if (length == 1) return absl::StrCat(start + 1);
  return absl::StrCat(length == 0 ? start : start + 1, ",", length);
}

void AppendLine(absl::string_view line, bool colored, std::string* out) {
  const char* color = !colored         ? ""
                      : line[0] == '+' ? "\x1b[92m"
                      : line[0] == '-' ? "\x1b[91m"
                                       : "\x1b[97m";
  absl::StrAppend(out, color, line, colored ? "\x1b[0m\n" : "\n");
}

Node InLists(Node node) {
  node.list_kind = ListKind::kList;
  if (auto* list = node.get_if<Node::List>()) {
    for (Node& item : *list) item = InLists(std::move(item));
  } else if (auto* map = node.get_if<Node::Map>()) {
    for (Node::Entry& entry : *map) {
      entry.value = InLists(std::move(entry.value));
    }
  }
  return node;
}

}  // namespace

std::string Diff(const Node& a, const Node& b, const DiffOptions& options) {
  const bool colored = options.colored;
  const std::string a_text = PrettyText(options.tells_tuples ? a : InLists(a));
  const std::string b_text = PrettyText(options.tells_tuples ? b : InLists(b));
  if (a_text == b_text) return "";
  const std::vector<Line> lines =
      Align(absl::StrSplit(a_text, '\n'), absl::StrSplit(b_text, '\n'));
  std::string out;
  AppendLine("--- " + options.a_name, colored, &out);
  AppendLine("+++ " + options.b_name, colored, &out);
  auto is_change = [](const Line& line) { return line.mark != ' '; };
  auto next = lines.begin();
  while (true) {
    const auto first = std::find_if(next, lines.end(), is_change);
    if (first == lines.end()) return out;
    // Until more unchanged lines follow than two contexts hold.
    auto last = first;
    for (auto line = first;
         line != lines.end() && line - last <= std::ptrdiff_t{2 * kContext + 1};
         ++line) {
      if (is_change(*line)) last = line;
    }
    const auto start =
        first - std::min<std::ptrdiff_t>(kContext, first - lines.begin());
    const auto stop =
        last + 1 + std::min<std::ptrdiff_t>(kContext, lines.end() - last - 1);
    const auto num_removed = std::count_if(
        start, stop, [](const Line& line) { return line.mark != '+'; });
    const auto num_added = std::count_if(
        start, stop, [](const Line& line) { return line.mark != '-'; });
    AppendLine(absl::StrCat("@@ -", Range(start->a, num_removed), " +",
                            Range(start->b, num_added), " @@"),
               colored, &out);
    for (auto line = start; line != stop; ++line) {
      AppendLine(absl::StrCat(std::string(1, line->mark), line->text), colored,
                 &out);
    }
    next = stop;
  }
}

}  // namespace anneal::config
