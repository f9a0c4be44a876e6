// registry [show CLASS] [flags]: the classes that a config can name.

#include <algorithm>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "config/dump.h"
#include "config/node.h"
#include "registry/class_schema.h"
#include "registry/registry_index.h"
#include "tools/flags.h"
#include "tools/run_flags.h"
#include "utils/nearest_name.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr char kListUsage[] = "registry [flags]";
constexpr char kShowUsage[] = "registry show CLASS [flags]";
constexpr char kListAbout[] =
    "Lists the classes that a config can name in this program, by kind.\n"
    "\"registry show CLASS\" says what a config of one may hold.";
constexpr char kShowAbout[] =
    "Says what a config of CLASS may hold, and gives an example. CLASS may\n"
    "have a scope: mylib.MyModel.";

using ListedEntry = RegistryIndex::Entries::value_type;

// The kinds asked for: --kind's or all.
absl::StatusOr<std::vector<std::string>> KindsOf(const Flags& flags) {
  const std::vector<std::string> kinds = RegistryIndex::Get().Kinds();
  if (!flags.Has("--kind")) return kinds;
  const std::string kind = flags.Get("--kind");
  if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) {
    return absl::NotFoundError(absl::StrCat(
        "--kind ", kind, ": no class of this kind is linked",
        DidYouMean(kind, kinds), " Kinds: ", absl::StrJoin(kinds, ", ")));
  }
  return std::vector<std::string>{kind};
}

// The classes of a kind by name.
std::vector<ListedEntry> Sorted(const std::string& kind) {
  std::vector<ListedEntry> entries = RegistryIndex::Get().entries(kind);
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return std::make_pair(a->component.name, a->component.scope) <
           std::make_pair(b->component.name, b->component.scope);
  });
  return entries;
}

// What provides a class: Anneal's target, or its source file.
std::string Origin(const std::string& kind, const ListedEntry& entry) {
  const std::string target =
      RegistryIndex::Get().ProvidedBy(kind, entry->component.ScopedName());
  return target.empty() ? entry->file : target;
}

std::string ListAsText(const std::vector<std::string>& kinds) {
  std::string text;
  for (const std::string& kind : kinds) {
    const std::vector<ListedEntry> entries = Sorted(kind);
    absl::StrAppend(&text, text.empty() ? "" : "\n", kind, " (", entries.size(),
                    ")\n");
    for (const ListedEntry& entry : entries) {
      const std::string& scope = entry->component.scope;
      const std::string name = scope == "anneal"
                                   ? entry->component.name
                                   : entry->component.ScopedName();
      absl::StrAppendFormat(&text, "  %-28s %s\n", name, Origin(kind, entry));
    }
  }
  return text;
}

config::Node ListAsNode(const std::vector<std::string>& kinds) {
  config::Node node{config::Node::Map(), config::Place()};
  for (const std::string& kind : kinds) {
    config::Node::List classes;
    for (const ListedEntry& entry : Sorted(kind)) {
      config::Node one{config::Node::Map(), config::Place()};
      auto set = [&one](const char* key, const std::string& value) {
        one.Set(key, config::Node(value, config::Place()));
      };
      set("name", entry->component.name);
      set("scope", entry->component.scope);
      set("message", entry->component.config->GetDescriptor()->full_name());
      set("file", entry->file);
      set("target",
          RegistryIndex::Get().ProvidedBy(kind, entry->component.ScopedName()));
      classes.push_back(std::move(one));
    }
    node.Set(kind, config::Node(std::move(classes), config::Place()));
  }
  return node;
}

absl::StatusOr<std::string> List(const Flags& flags) {
  ASSIGN_OR_RETURN(const std::vector<std::string> kinds, KindsOf(flags));
  return flags.Has("--json") ? config::DumpJson(ListAsNode(kinds))
                             : ListAsText(kinds);
}

// Nothing of `kinds` is called `name`.
absl::Status NoSuchClass(const std::vector<std::string>& kinds,
                         const std::string& name) {
  std::vector<std::string> names;
  for (const std::string& kind : kinds) {
    const std::string target = RegistryIndex::Get().ProvidedBy(kind, name);
    if (!target.empty()) return RegistryIndex::Get().NotLinked(kind, name);
    for (std::string& other : RegistryIndex::Get().Names(kind)) {
      names.push_back(std::move(other));
    }
  }
  return absl::NotFoundError(absl::StrCat(
      "no class \"", name, "\" is linked into this program",
      DidYouMean(name, names), " \"registry\" lists those that are."));
}

absl::StatusOr<std::string> Show(const std::string& name, const Flags& flags) {
  const RegistryIndex& index = RegistryIndex::Get();
  ASSIGN_OR_RETURN(const std::vector<std::string> kinds, KindsOf(flags));
  std::string pages;
  config::Node::List nodes;
  for (const std::string& kind : kinds) {
    const config::ComponentClass* found = index.Find(kind, name);
    for (const ListedEntry& entry : index.entries(kind)) {
      if (&entry->component != found) continue;
      const ClassSchema schema = DescribeClass(index, *entry, kind);
      absl::StrAppend(&pages, pages.empty() ? "" : "\n", SchemaPage(schema));
      nodes.push_back(SchemaNode(schema));
    }
  }
  if (nodes.empty()) return NoSuchClass(kinds, name);
  if (!flags.Has("--json")) return pages;
  return config::DumpJson(config::Node(std::move(nodes), config::Place()));
}

int Main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  const bool shows = !words.empty() && words[0] == "show";
  if (shows) words.erase(words.begin());
  const FlagParser parser(
      shows ? kShowUsage : kListUsage, shows ? kShowAbout : kListAbout,
      {{"--json", FlagKind::kSwitch, "", "As JSON, for other programs."},
       {"--kind", FlagKind::kValue, "KIND",
        "Only classes of this kind: hook, optimizer, ..."}});
  const absl::StatusOr<Flags> flags = parser.Parse(words);
  if (!flags.ok()) return ExitCode(flags.status());
  if (flags->Has("--help")) {
    std::cout << parser.Help();
    return 0;
  }
  const absl::StatusOr<std::string> text =
      shows ? Show(flags->positional[0], *flags) : List(*flags);
  if (text.ok()) std::cout << *text;
  return ExitCode(text.status());
}

}  // namespace
}  // namespace anneal

int main(int argc, char** argv) { return anneal::Main(argc, argv); }
