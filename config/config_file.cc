#include "config/config_file.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "config/limits.h"
#include "config/merge.h"
#include "config/package_config.h"
#include "config/python/heap.h"
#include "config/python/lazy_file.h"
#include "config/python/python_file.h"
#include "config/reader.h"
#include "config/references.h"
#include "fileio/file_client.h"
#include "utils/nearest_name.h"
#include "utils/status_macros.h"

namespace anneal::config {
namespace {

namespace fs = std::filesystem;

constexpr char kBase[] = "_base_";
constexpr char kDeprecation[] = "_deprecation_";
constexpr char kScope[] = "_scope_";

// "a/./b" as "a/b". Not ".." too: a link may be before it.
std::string WithoutDots(absl::string_view path) {
  while (absl::ConsumePrefix(&path, "./")) {
  }
  std::string result(path);
  for (size_t at; (at = result.find("/./")) != result.npos;) {
    result.erase(at, 2);
  }
  return result;
}

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

// As text editors on Windows begin a file.
std::string WithoutByteOrderMark(std::string text) {
  constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (absl::StartsWith(text, kByteOrderMark)) {
    text.erase(0, kByteOrderMark.size());
  }
  return text;
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
  ASSIGN_OR_RETURN(std::string text, fileio::Get(path));
  return WithoutByteOrderMark(std::move(text));
}

absl::StatusOr<Node> ReadBySuffix(const std::string& text,
                                  const std::string& path) {
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

// Removes the file's `_deprecation_`, a dict that may name the file `expected`
// instead and a `reference`, and warns of it.
absl::Status TakeDeprecation(const std::string& path, Node* node) {
  const Node* deprecation = node->Find(kDeprecation);
  if (deprecation == nullptr) return absl::OkStatus();
  if (!deprecation->get_if<Node::Map>()) {
    return ErrorAt(
        deprecation->place,
        absl::StrCat("_deprecation_ is a dict of expected and reference, not ",
                     deprecation->kind()));
  }
  std::string message = absl::StrCat("The config file ", path,
                                     " will be deprecated in the future.");
  if (const Node* expected = deprecation->Find("expected")) {
    absl::StrAppend(&message, " Please use ", ScalarText(*expected),
                    " instead.");
  }
  if (const Node* reference = deprecation->Find("reference")) {
    absl::StrAppend(&message, " More information can be found at ",
                    ScalarText(*reference));
  }
  // Not the log's terminal, which is the output of a tool that prints configs.
  std::fprintf(stderr, "warning: %s\n", message.c_str());
  node->Erase(kDeprecation);
  return absl::OkStatus();
}

// Gives the outermost components of a tree the scope they come from.
void SetScope(const std::string& scope, const Place& place, Node* node) {
  if (auto* list = node->get_if<Node::List>()) {
    for (Node& item : *list) SetScope(scope, place, &item);
    return;
  }
  auto* map = node->get_if<Node::Map>();
  if (map == nullptr) return;
  if (node->Find("type") != nullptr) {
    const Node* own = node->Find(kScope);
    if (own == nullptr || own->is_none()) node->Set(kScope, Node(scope, place));
    return;
  }
  for (Node::Entry& entry : *map) SetScope(scope, place, &entry.value);
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
    for (const std::string& one : PackageFolders()) folders.emplace_back(one);
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
    ASSIGN_OR_RETURN(const std::string text, ReadText(path));
    return LoadText(text, path);
  }

  // `text` as what stands in `path`.
  absl::StatusOr<Node> LoadText(const std::string& text,
                                const std::string& path) {
    if (fs::path(path).extension() == ".py") return LoadPython(text, path);
    ASSIGN_OR_RETURN(Node node, ReadBySuffix(text, path));
    if (!node.get_if<Node::Map>()) {
      return ErrorAt(node.place,
                     absl::StrCat("a config is a dict, this is ", node.kind()));
    }
    open_.push_back(path);
    absl::StatusOr<Node> bases = LoadBases(path, node);
    open_.pop_back();
    if (!bases.ok()) return bases.status();
    node.Erase(kBase);
    RETURN_IF_ERROR(TakeDeprecation(path, &node));
    References references(path, &*bases);
    RETURN_IF_ERROR(references.Substitute(&node));
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
    References references(path, &merged);
    std::unordered_map<std::string, Place> places;
    for (Node& name : names) {
      RETURN_IF_ERROR(references.Substitute(&name));
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

  // Refuses a base that is being read: `place` asks for it.
  absl::Status CheckNotOpen(const std::string& base, const Place& place) const {
    const bool is_open =
        std::any_of(open_.begin(), open_.end(), [&](const std::string& other) {
          std::error_code error;
          return fs::equivalent(base, other, error);
        });
    if (!is_open) return absl::OkStatus();
    return ErrorAt(place, absl::StrCat("_base_ comes back to itself: ",
                                       absl::StrJoin(open_, " -> "), " -> ",
                                       base, "; remove one of them"));
  }

  absl::StatusOr<Node> LoadBase(const std::string& path, const Node& name) {
    const auto* text = name.get_if<std::string>();
    if (text == nullptr) {
      return ErrorAt(name.place,
                     absl::StrCat("_base_ takes paths, found ", name.kind()));
    }
    if (IsPackageConfig(*text)) return LoadPackageBase(*text, name.place);
    const std::string base =
        WithoutDots((fs::path(path).parent_path() / *text).string());
    RETURN_IF_ERROR(CheckNotOpen(base, name.place));
    absl::StatusOr<Node> node = Load(base);
    // Only what is missing doesn't say where it is asked for.
    if (node.ok() || !absl::IsNotFound(node.status())) return node;
    return absl::NotFoundError(absl::StrCat(
        name.place.ToString(), ": _base_: ", node.status().message()));
  }

  // "mmdet::_base_/models/x.py": its components are those of mmdet.
  absl::StatusOr<Node> LoadPackageBase(const std::string& name,
                                       const Place& place) {
    const absl::StatusOr<std::string> path = FindPackageConfig(name);
    if (!path.ok()) {
      return absl::Status(path.status().code(),
                          absl::StrCat(place.ToString(),
                                       ": _base_: ", path.status().message()));
    }
    RETURN_IF_ERROR(CheckNotOpen(*path, place));
    ASSIGN_OR_RETURN(Node node, Load(*path));
    const std::string scope = name.substr(0, name.find(':'));
    for (Node::Entry& entry : *node.get_if<Node::Map>()) {
      SetScope(scope, place, &entry.value);
    }
    return node;
  }

  absl::Status CountFile(const std::string& path) {
    if (++num_files_ <= kMaxFiles) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": more than ", kMaxFiles, " bases"));
  }

  absl::StatusOr<Node> LoadPython(const std::string& text,
                                  const std::string& path) {
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
    RETURN_IF_ERROR(TakeDeprecation(*file.path, &own));
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

absl::StatusOr<Node> LoadConfigText(absl::string_view text,
                                    absl::string_view suffix) {
  return Loader().LoadText(WithoutByteOrderMark(std::string(text)),
                           absl::StrCat("text", suffix));
}

}  // namespace anneal::config
