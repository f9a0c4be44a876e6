#include "config/config_file.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "config/limits.h"
#include "config/merge.h"
#include "config/override.h"
#include "config/python/heap.h"
#include "config/python/lazy_file.h"
#include "config/python/python_file.h"
#include "config/reader.h"
#include "fileio/file_client.h"
#include "utils/nearest_name.h"
#include "utils/real_text.h"
#include "utils/status_macros.h"

namespace anneal::config {
namespace {

namespace fs = std::filesystem;

constexpr char kBase[] = "_base_";
constexpr char kBasePrefix[] = "_base_.";

// Why `path`, which is no file, can't be read.
absl::Status NoFile(const std::string& path) {
  if (fileio::IsDir(path).value_or(false)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " is a folder; name a config file in it"));
  }
  if (fileio::Exists(path).value_or(false)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " is a device or a pipe; name a config file"));
  }
  const fs::path folder = fs::path(path).parent_path();
  const std::string hint =
      DidYouMean(fs::path(path).filename().string(),
                 fileio::ListDirOrFile(folder.empty() ? "." : folder.string())
                     .value_or(std::vector<std::string>()));
  std::error_code error;
  return absl::NotFoundError(
      absl::StrCat(path, ": no such config file",
                   hint.empty() ? absl::StrCat("; paths are relative to ",
                                               fs::current_path(error).string())
                                : hint));
}

absl::StatusOr<std::string> ReadText(const std::string& path) {
  // A backend that can't tell says what is wrong when it reads.
  if (!fileio::IsFile(path).value_or(true)) return NoFile(path);
  // Said before it is in memory; the readers say so of files elsewhere.
  std::error_code error;
  const uintmax_t size = fs::file_size(path, error);
  if (!error && size > kMaxTextSize) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " has more than 16 MiB; is it a config?"));
  }
  ASSIGN_OR_RETURN(std::string text, fileio::GetText(path));
  constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (absl::StartsWith(text, kByteOrderMark)) {
    text.erase(0, kByteOrderMark.size());
  }
  return text;
}

absl::StatusOr<Node> ReadBySuffix(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadText(path));
  const std::string suffix = fs::path(path).extension();
  if (suffix == ".yaml" || suffix == ".yml") return ReadYaml(text, path);
  if (suffix == ".json") return ReadJson(text, path);
  if (suffix == ".textproto" || suffix == ".pbtxt") {
    return ReadTextproto(text, path);
  }
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": \"", suffix,
                   "\" is no config syntax Anneal reads; write it as "
                   ".py, .yaml, .json or .textproto"));
}

// What references in one file may refer to.
struct Scope {
  std::string path;
  const Node* bases;  // merged
  // Values that references copied: references to references multiply.
  int64_t num_copied = 0;
};

absl::StatusOr<Node> LookUp(absl::string_view path, const Place& place,
                            Scope* scope) {
  const Node* node = scope->bases;
  for (absl::string_view key : absl::StrSplit(path, '.')) {
    const Node* child = FindChild(*node, key);
    if (child == nullptr) {
      return ErrorAt(
          place, absl::StrCat("{{ _base_.", path, " }}: the bases have no \"",
                              key, "\" there"));
    }
    node = child;
  }
  scope->num_copied += TreeSize(*node);
  if (scope->num_copied > kMaxTreeSize) {
    return ErrorAt(place, "references copy more than a million values");
  }
  Node copy = *node;
  return copy;
}

absl::StatusOr<Node> Environment(absl::string_view expression,
                                 const Place& place) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(expression, absl::MaxSplits(':', 1));
  const std::string name(absl::StripAsciiWhitespace(parts.first));
  const char* value = std::getenv(name.c_str());
  if (value == nullptr && !absl::StrContains(expression, ':')) {
    return ErrorAt(
        place, absl::StrCat("the environment variable ", name,
                            " is not set; set it, or give a default: ${", name,
                            ":value}"));
  }
  const std::string text =
      value ? value : std::string(absl::StripAsciiWhitespace(parts.second));
  Node node = ParseOverrideValue(text, place);
  node.place.origin = std::make_shared<const std::string>(absl::StrCat(
      value ? "$" + name : "default of $" + name, " at ", place.ToString()));
  node.place.line = 0;
  return node;
}

// What stands between {{ and }}.
absl::StatusOr<Node> Resolve(absl::string_view expression, const Place& place,
                             Scope* scope) {
  const absl::string_view name = absl::StripAsciiWhitespace(expression);
  const fs::path path(scope->path);
  if (absl::StartsWith(name, kBasePrefix)) {
    return LookUp(name.substr(sizeof(kBasePrefix) - 1), place, scope);
  }
  if (absl::StartsWith(name, "$")) return Environment(name.substr(1), place);
  if (name == "fileDirname") {
    return Node(fs::absolute(path).parent_path().string(), place);
  }
  if (name == "fileBasename") return Node(path.filename().string(), place);
  if (name == "fileBasenameNoExtension") {
    return Node(path.stem().string(), place);
  }
  if (name == "fileExtname") return Node(path.extension().string(), place);
  return ErrorAt(place,
                 absl::StrCat("{{ ", name,
                              " }} is unknown; it may be "
                              "_base_.KEY, $VARIABLE:default, fileDirname, "
                              "fileBasename, fileBasenameNoExtension or "
                              "fileExtname"));
}

std::string ScalarText(const Node& node) {
  if (const auto* text = node.get_if<std::string>()) return *text;
  if (const auto* integer = node.get_if<int64_t>())
    return absl::StrCat(*integer);
  if (const auto* real = node.get_if<double>()) return RealText(*real);
  if (const auto* flag = node.get_if<bool>()) return *flag ? "True" : "False";
  return "None";
}

// Replaces the references in a string.
absl::Status SubstituteString(Scope* scope, Node* node) {
  const std::string text = *node->get_if<std::string>();
  const Place place = node->place;
  std::string result;
  absl::string_view rest = text;
  while (true) {
    const size_t braces = rest.find("{{");
    const size_t dollar = rest.find("${");
    const size_t start = std::min(braces, dollar);
    if (start == rest.npos) break;
    const absl::string_view close = start == braces ? "}}" : "}";
    const size_t end = rest.find(close, start + 2);
    if (end == rest.npos) {
      return ErrorAt(place, absl::StrCat("no \"", close, "\" closes \"",
                                         rest.substr(start), "\""));
    }
    const absl::string_view inside = rest.substr(start + 2, end - start - 2);
    ASSIGN_OR_RETURN(const Node value, start == braces
                                           ? Resolve(inside, place, scope)
                                           : Environment(inside, place));
    const bool is_whole = start == 0 && rest.size() == text.size() &&
                          end + close.size() == rest.size();
    if (is_whole) {
      *node = value;
      return absl::OkStatus();
    }
    if (value.get_if<Node::List>() || value.get_if<Node::Map>()) {
      return ErrorAt(place, absl::StrCat("\"", inside, "\" is ", value.kind(),
                                         " and can't stand inside a string"));
    }
    absl::StrAppend(&result, rest.substr(0, start), ScalarText(value));
    rest.remove_prefix(end + close.size());
  }
  if (rest.size() != text.size())
    *node = Node(result + std::string(rest), place);
  return absl::OkStatus();
}

absl::Status Substitute(Scope* scope, Node* node) {
  if (node->get_if<std::string>()) return SubstituteString(scope, node);
  if (auto* list = node->get_if<Node::List>()) {
    for (Node& item : *list) RETURN_IF_ERROR(Substitute(scope, &item));
  } else if (auto* map = node->get_if<Node::Map>()) {
    for (auto& entry : *map) RETURN_IF_ERROR(Substitute(scope, &entry.value));
  }
  return absl::OkStatus();
}

// The file that "from MODULE import ..." in `importer` names: by its leading
// dots from the importer's folder, else in the package's folder, which is
// beside or above the importer or in ANNEAL_PACKAGE_PATH.
absl::StatusOr<std::string> FindModule(const std::string& importer, int level,
                                       const std::string& module,
                                       const Place& place) {
  const fs::path relative =
      absl::StrCat(absl::StrReplaceAll(module, {{".", "/"}}), ".py");
  fs::path folder = fs::path(importer).parent_path();
  std::vector<fs::path> folders;
  if (level > 0) {
    for (int i = 1; i < level; ++i) folder /= "..";
    folders.push_back(folder);
  } else {
    std::error_code error;
    folder = fs::absolute(folder, error);
    for (; folder.has_relative_path(); folder = folder.parent_path()) {
      folders.push_back(folder);
    }
    const char* more = std::getenv("ANNEAL_PACKAGE_PATH");
    for (absl::string_view one : absl::StrSplit(more ? more : "", ':')) {
      if (!one.empty()) folders.emplace_back(std::string(one));
    }
  }
  for (const fs::path& one : folders) {
    const std::string path = (one / relative).lexically_normal().string();
    if (fileio::IsFile(path).value_or(false)) return path;
  }
  const std::string first =
      (folders.front() / relative).lexically_normal().string();
  return absl::NotFoundError(absl::StrCat(
      place.ToString(), ": read_base(): ", first, ": no such config file",
      level > 0 ? ""
                : "; ANNEAL_PACKAGE_PATH may name the folder that has the "
                  "package"));
}

class Loader {
 public:
  absl::StatusOr<Node> Load(const std::string& path) {
    RETURN_IF_ERROR(CountFile(path));
    if (fs::path(path).extension() == ".py") return LoadPython(path);
    ASSIGN_OR_RETURN(Node node, ReadBySuffix(path));
    if (!node.get_if<Node::Map>()) {
      return ErrorAt(node.place,
                     absl::StrCat("a config is a dict, this is ", node.kind()));
    }
    open_.push_back(path);
    absl::StatusOr<Node> bases = LoadBases(path, node);
    open_.pop_back();
    if (!bases.ok()) return bases.status();
    node.Erase(kBase);
    Scope scope{path, &*bases};
    RETURN_IF_ERROR(Substitute(&scope, &node));
    RETURN_IF_ERROR(Merge(std::move(node), &*bases));
    RETURN_IF_ERROR(CheckLimits(*bases));
    return bases;
  }

 private:
  absl::StatusOr<Node> LoadBases(const std::string& path, const Node& node) {
    Node merged(Node::Map(), node.place);
    const Node* base = node.Find(kBase);
    if (base == nullptr) return merged;
    Node::List names;
    if (const auto* list = base->get_if<Node::List>()) {
      names = *list;
    } else {
      names.push_back(*base);
    }
    Scope scope{path, &merged};
    std::unordered_map<std::string, Place> places;
    for (Node& name : names) {
      RETURN_IF_ERROR(Substitute(&scope, &name));
      ASSIGN_OR_RETURN(Node one, LoadBase(path, name));
      for (Node::Entry& entry : *one.get_if<Node::Map>()) {
        const auto [other, is_new] =
            places.emplace(entry.key, entry.value.place);
        if (!is_new) {
          return ErrorAt(
              name.place,
              absl::StrCat("\"", entry.key, "\" is in two bases, at ",
                           other->second.ToString(), " and ",
                           entry.value.place.ToString(),
                           "; keep one, or chain the bases"));
        }
        merged.get_if<Node::Map>()->push_back(std::move(entry));
      }
    }
    return merged;
  }

  absl::StatusOr<Node> LoadBase(const std::string& path, const Node& name) {
    const auto* text = name.get_if<std::string>();
    if (text == nullptr) {
      return ErrorAt(name.place,
                     absl::StrCat("_base_ takes paths, found ", name.kind()));
    }
    const std::string base = (fs::path(path).parent_path() / *text).string();
    const bool is_open =
        std::any_of(open_.begin(), open_.end(), [&](const std::string& other) {
          std::error_code error;
          return fs::equivalent(base, other, error);
        });
    if (is_open) {
      return ErrorAt(name.place,
                     absl::StrCat("_base_ comes back to itself: ",
                                  absl::StrJoin(open_, " -> "), " -> ", base,
                                  "; remove one of them"));
    }
    absl::StatusOr<Node> node = Load(base);
    // Only what is missing doesn't say where it is asked for.
    if (node.ok() || !absl::IsNotFound(node.status())) return node;
    return absl::NotFoundError(absl::StrCat(
        name.place.ToString(), ": _base_: ", node.status().message()));
  }

  absl::Status CountFile(const std::string& path) {
    if (++num_files_ <= kMaxFiles) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": more than ", kMaxFiles, " bases"));
  }

  absl::StatusOr<Node> LoadPython(const std::string& path) {
    ASSIGN_OR_RETURN(const std::string text, ReadText(path));
    ASSIGN_OR_RETURN(const python::PythonFile file,
                     python::ParseFile(text, path, &heap_));
    ASSIGN_OR_RETURN(
        Node node, python::IsLazy(file) ? LoadLazy(file) : LoadOldStyle(file));
    RETURN_IF_ERROR(CheckReserved(node));
    RETURN_IF_ERROR(CheckLimits(node));
    return node;
  }

  absl::StatusOr<Node> LoadOldStyle(const python::PythonFile& file) {
    ASSIGN_OR_RETURN(Node names, python::BaseNames(file, &heap_));
    Node own(Node::Map(), Place{file.path, 1, 1});
    if (!names.is_none()) own.Set(kBase, std::move(names));
    open_.push_back(*file.path);
    absl::StatusOr<Node> bases = LoadBases(*file.path, own);
    open_.pop_back();
    if (!bases.ok()) return bases.status();
    ASSIGN_OR_RETURN(own, python::RunFile(file, &*bases, &heap_));
    RETURN_IF_ERROR(Merge(std::move(own), &*bases));
    return bases;
  }

  absl::StatusOr<Node> LoadLazy(const python::PythonFile& file) {
    if (!open_.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          *file.path, ": this file imports names or read_base(), and ",
          open_.back(),
          " names it in _base_; both styles of .py configs don't mix"));
    }
    const auto find =
        [&](const std::string& importer, int level, const std::string& module,
            const Place& place) -> absl::StatusOr<python::PythonFile> {
      ASSIGN_OR_RETURN(const std::string path,
                       FindModule(importer, level, module, place));
      RETURN_IF_ERROR(CountFile(path));
      ASSIGN_OR_RETURN(const std::string text, ReadText(path));
      return python::ParseFile(text, path, &heap_);
    };
    return python::RunLazyFile(file, find, &heap_);
  }

  // Names that mmengine's Config has for itself.
  static absl::Status CheckReserved(const Node& node) {
    for (const char* name :
         {"filename", "text", "pretty_text", "env_variables"}) {
      const Node* value = node.Find(name);
      if (value == nullptr) continue;
      return ErrorAt(
          value->place,
          absl::StrCat("\"", name, "\" is reserved; give it another name"));
    }
    return absl::OkStatus();
  }

  static constexpr int kMaxFiles = 200;

  // Files being read, outermost first.
  std::vector<std::string> open_;
  int num_files_ = 0;
  // Of all .py files together.
  python::Heap heap_;
};

}  // namespace

absl::StatusOr<Node> LoadConfig(const std::string& path) {
  return Loader().Load(path);
}

}  // namespace anneal::config
