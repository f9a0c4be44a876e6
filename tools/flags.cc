#include "tools/flags.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "utils/nearest_name.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// "--x" or "-x"; "-" and negative numbers are words.
bool IsFlag(absl::string_view word) {
  return absl::StartsWith(word, "--") ||
         (word.size() > 1 && word[0] == '-' && absl::ascii_isalpha(word[1]));
}

}  // namespace

std::string Flags::Get(const std::string& name,
                       const std::string& fallback) const {
  auto it = given.find(name);
  return it == given.end() || it->second.empty() ? fallback : it->second.back();
}

FlagParser::FlagParser(std::string usage, std::string about,
                       std::vector<FlagSpec> specs)
    : usage_(std::move(usage)),
      about_(std::move(about)),
      specs_(std::move(specs)) {
  specs_.push_back({"--help", FlagKind::kSwitch, "", "Show this text."});
}

const FlagSpec* FlagParser::Find(absl::string_view name) const {
  for (const FlagSpec& spec : specs_) {
    if (spec.name == name) return &spec;
  }
  return nullptr;
}

absl::StatusOr<Flags> FlagParser::Parse(
    const std::vector<std::string>& args) const {
  Flags flags;
  size_t i = 0;
  auto is_word = [&](size_t at) {
    return at < args.size() && !IsFlag(args[at]);
  };
  while (i < args.size()) {
    const std::string& arg = args[i++];
    if (arg == "--") {
      flags.positional.insert(flags.positional.end(), args.begin() + i,
                              args.end());
      break;
    }
    if (!IsFlag(arg)) {
      flags.positional.push_back(arg);
      continue;
    }
    const size_t equals = arg.find('=');
    const std::string name = arg == "-h" ? "--help" : arg.substr(0, equals);
    const FlagSpec* spec = Find(name);
    if (spec == nullptr) {
      std::vector<std::string> names;
      for (const FlagSpec& known : specs_) names.push_back(known.name);
      return absl::InvalidArgumentError(
          absl::StrCat("unknown flag ", name, DidYouMean(name, names),
                       "; --help lists the flags"));
    }
    std::vector<std::string> words;
    if (equals != std::string::npos) {
      if (spec->kind == FlagKind::kSwitch) {
        return absl::InvalidArgumentError(
            absl::StrCat(name, " takes no value; write it alone"));
      }
      words.push_back(arg.substr(equals + 1));
    } else if (spec->kind != FlagKind::kSwitch && is_word(i)) {
      words.push_back(args[i++]);
    }
    while (spec->kind == FlagKind::kList && is_word(i)) {
      words.push_back(args[i++]);
    }
    const bool needs_word =
        spec->kind == FlagKind::kValue || spec->kind == FlagKind::kList;
    if (needs_word && (words.empty() || words[0].empty())) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, " needs a value: ", name, " ", spec->value_name));
    }
    std::vector<std::string>& given = flags.given[name];
    given.insert(given.end(), words.begin(), words.end());
  }
  if (!flags.Has("--help")) {
    RETURN_IF_ERROR(CheckPositional(flags.positional));
  }
  return flags;
}

absl::Status FlagParser::CheckPositional(
    const std::vector<std::string>& words) const {
  std::vector<std::string> names;
  for (absl::string_view word : absl::StrSplit(usage_, ' ')) {
    if (absl::c_all_of(word, absl::ascii_isupper)) names.emplace_back(word);
  }
  if (words.size() == names.size()) return absl::OkStatus();
  if (words.size() > names.size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", words[names.size()], "\" is one word too many; usage: ", usage_));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      names[words.size()], " is missing; usage: ", usage_,
      ". Write it before flags that take words, such as --resume."));
}

std::string FlagParser::Help() const {
  std::string help =
      absl::StrCat("usage: ", usage_, "\n\n", about_, "\n\nflags:\n");
  for (const FlagSpec& spec : specs_) {
    std::string value = spec.value_name;
    if (spec.kind == FlagKind::kOptional) value = absl::StrCat("[", value, "]");
    if (spec.kind == FlagKind::kList) value += " ...";
    const std::string left =
        absl::StrCat(spec.name, value.empty() ? "" : " ", value);
    absl::StrAppendFormat(&help, "  %-28s %s\n", left, spec.help);
  }
  return help;
}

}  // namespace anneal
