#include "dist/slurm_node_list.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "utils/status_macros.h"

namespace anneal::dist {
namespace {

constexpr size_t kMaxNodes = 65536;

absl::Status Malformed(absl::string_view list, size_t place,
                       absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("\"", list, "\", character ", place + 1, ": ", what));
}

absl::Status TooLong(absl::string_view list) {
  return absl::InvalidArgumentError(
      absl::StrCat("\"", list, "\" names more than ", kMaxNodes, " nodes"));
}

bool ParseNumber(absl::string_view text, uint32_t* number) {
  // SimpleAtoi takes signs and blanks too.
  return !text.empty() && absl::ascii_isdigit(text[0]) &&
         absl::SimpleAtoi(text, number);
}

// Reads one list from its begin to its end.
class NodeListParser {
 public:
  explicit NodeListParser(absl::string_view list) : list_(list) {}

  absl::StatusOr<std::vector<std::string>> Parse() {
    std::vector<std::string> nodes;
    do {
      ASSIGN_OR_RETURN(const std::vector<std::string> names, ParseItem());
      nodes.insert(nodes.end(), names.begin(), names.end());
      if (nodes.size() > kMaxNodes) return TooLong(list_);
    } while (Take(','));
    return nodes;
  }

 private:
  bool Take(char expected) {
    if (place_ == list_.size() || list_[place_] != expected) return false;
    ++place_;
    return true;
  }

  // Text up to the next of `ends`.
  absl::string_view TakeUntil(const char* ends) {
    const size_t begin = place_;
    place_ = std::min(list_.find_first_of(ends, place_), list_.size());
    return list_.substr(begin, place_ - begin);
  }

  // A name with its brackets, up to a comma.
  absl::StatusOr<std::vector<std::string>> ParseItem() {
    const size_t begin = place_;
    std::vector<std::string> names = {""};
    while (place_ < list_.size() && list_[place_] != ',') {
      if (list_[place_] == ']') return Malformed(list_, place_, "no \"[\"");
      std::vector<std::string> parts;
      if (Take('[')) {
        ASSIGN_OR_RETURN(parts, ParseBracket());
      } else {
        parts = {std::string(TakeUntil("[],"))};
      }
      if (names.size() * parts.size() > kMaxNodes) return TooLong(list_);
      std::vector<std::string> longer;
      for (const std::string& name : names) {
        for (const std::string& part : parts) longer.push_back(name + part);
      }
      names = std::move(longer);
    }
    if (place_ == begin) return Malformed(list_, place_, "a name is missing");
    return names;
  }

  // "01-03,7]", whose "[" is taken.
  absl::StatusOr<std::vector<std::string>> ParseBracket() {
    std::vector<std::string> numbers;
    do {
      const size_t begin = place_;
      const absl::string_view range = TakeUntil(",]");
      const std::pair<absl::string_view, absl::string_view> ends =
          absl::StrSplit(range, absl::MaxSplits('-', 1));
      const bool is_range = absl::StrContains(range, '-');
      uint32_t first = 0, last = 0;
      if (!ParseNumber(ends.first, &first) ||
          !ParseNumber(is_range ? ends.second : ends.first, &last) ||
          last < first) {
        return Malformed(
            list_, begin,
            absl::StrCat("\"", range, "\" is no range of numbers"));
      }
      if (last - first >= kMaxNodes) return TooLong(list_);
      // The first number's zeros set the width: 08-10 is 08, 09, 10.
      for (uint64_t n = first; n <= last; ++n) {
        const std::string digits = absl::StrCat(n);
        const size_t width = ends.first.size();
        numbers.push_back(
            std::string(width - std::min(width, digits.size()), '0') + digits);
      }
      if (numbers.size() > kMaxNodes) return TooLong(list_);
    } while (Take(','));
    if (!Take(']')) return Malformed(list_, place_, "\"]\" is missing");
    return numbers;
  }

  const absl::string_view list_;
  size_t place_ = 0;
};

}  // namespace

absl::StatusOr<std::vector<std::string>> ExpandSlurmNodeList(
    absl::string_view list) {
  return NodeListParser(list).Parse();
}

absl::StatusOr<std::vector<int>> ExpandSlurmTaskCounts(absl::string_view list) {
  std::vector<int> counts;
  size_t place = 0;
  for (absl::string_view item : absl::StrSplit(list, ',')) {
    absl::string_view count = item, times = "1";
    const size_t bracket = item.find("(x");
    if (bracket != absl::string_view::npos && absl::EndsWith(item, ")")) {
      count = item.substr(0, bracket);
      times = item.substr(bracket + 2, item.size() - bracket - 3);
    }
    uint32_t tasks = 0, nodes = 0;
    if (!ParseNumber(count, &tasks) || !ParseNumber(times, &nodes) ||
        tasks > INT32_MAX) {
      return Malformed(list, place,
                       absl::StrCat("\"", item,
                                    "\" is no count of tasks, "
                                    "like 2 or 2(x3)"));
    }
    if (counts.size() + nodes > kMaxNodes) return TooLong(list);
    counts.insert(counts.end(), nodes, static_cast<int>(tasks));
    place += item.size() + 1;
  }
  return counts;
}

}  // namespace anneal::dist
