#include "config/python/lazy_file.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "config/python/convert.h"
#include "config/python/evaluator.h"
#include "config/python/names.h"
#include "utils/status_macros.h"

namespace anneal::config::python {
namespace {

namespace fs = std::filesystem;

// What a lazy file has: its variables, and which of them were imported.
struct Content {
  Names names;
  std::set<std::string> imported;
};

class LazyReader {
 public:
  LazyReader(const BaseFinder& find, Heap* heap) : find_(find), heap_(heap) {}

  absl::StatusOr<Content> Read(const PythonFile& file) {
    open_.push_back(fs::path(*file.path).lexically_normal().string());
    Content content;
    content.names.Set("__file__", heap_->NewText(*file.path, Mark()), Mark());
    absl::Status status = ReadBases(file, &content);
    open_.pop_back();
    RETURN_IF_ERROR(status);
    Evaluator evaluator(heap_, &content.names);
    RETURN_IF_ERROR(evaluator.Run(file.block));
    content.imported.insert(evaluator.imported().begin(),
                            evaluator.imported().end());
    return content;
  }

 private:
  absl::Status ReadBases(const PythonFile& file, Content* content) {
    const ReadBase* bases = nullptr;
    for (const Statement& statement : file.block) {
      const auto* one = statement.get_if<ReadBase>();
      if (one != nullptr && bases != nullptr) {
        return heap_->Error(statement.mark,
                            "a second \"with read_base():\"; put all bases "
                            "into the first");
      }
      if (one != nullptr) bases = one;
    }
    if (bases == nullptr) return absl::OkStatus();
    // All bases are read before the first is used: of two imports of one file,
    // both see the same values.
    std::map<std::string, Content> contents;
    for (size_t i = 0; i < bases->imports.size(); ++i) {
      const ImportFrom& import = bases->imports[i];
      const std::string name = NameOf(import);
      if (contents.count(name) > 0) continue;
      ASSIGN_OR_RETURN(contents[name], ReadOne(file, import, bases->marks[i]));
      content->imported.insert(contents[name].imported.begin(),
                               contents[name].imported.end());
    }
    for (const ImportFrom& import : bases->imports) {
      RETURN_IF_ERROR(
          Take(import, contents[NameOf(import)].names, &content->names));
    }
    return absl::OkStatus();
  }

  static std::string NameOf(const ImportFrom& import) {
    return std::string(import.level, '.') + import.module;
  }

  absl::StatusOr<Content> ReadOne(const PythonFile& file,
                                  const ImportFrom& import, Mark mark) {
    const Place place = heap_->PlaceOf(mark);
    ASSIGN_OR_RETURN(const PythonFile base,
                     find_(*file.path, import.level, import.module, place));
    if (std::find(open_.begin(), open_.end(), *base.path) != open_.end()) {
      return ErrorAt(place, absl::StrCat("read_base() comes back to itself: ",
                                         absl::StrJoin(open_, " -> "), " -> ",
                                         *base.path, "; remove one of them"));
    }
    ASSIGN_OR_RETURN(const Node old_bases, BaseNames(base, heap_));
    if (!old_bases.is_none()) {
      return ErrorAt(old_bases.place,
                     absl::StrCat("_base_ in a file that ", place.ToString(),
                                  " reads by read_base(); both styles don't "
                                  "mix"));
    }
    ASSIGN_OR_RETURN(const Content content, Read(base));
    // Nobody shares what a base has.
    Content copy;
    copy.imported = content.imported;
    for (const Names::Variable& variable : content.names.variables()) {
      if (!variable.is_there || absl::StartsWith(variable.name, "__")) continue;
      copy.names.Set(variable.name, AsConfig(variable.value, heap_),
                     variable.mark);
    }
    RETURN_IF_ERROR(heap_->Check(mark));
    return copy;
  }

  // What `from MODULE import ...` takes of a base.
  absl::Status Take(const ImportFrom& import, const Names& from, Names* to) {
    for (const Alias& alias : import.names) {
      if (alias.name == "*") {
        for (const Names::Variable& variable : from.variables()) {
          to->Set(variable.name, variable.value, variable.mark);
        }
        continue;
      }
      const Value* value = from.Find(alias.name);
      if (value == nullptr) {
        return heap_->Error(
            alias.mark,
            absl::StrCat(NameOf(import), " has no \"", alias.name, "\""));
      }
      to->Set(alias.as.empty() ? alias.name : alias.as, *value, alias.mark);
    }
    return absl::OkStatus();
  }

  const BaseFinder& find_;
  Heap* heap_;
  // Files being read, outermost first.
  std::vector<std::string> open_;
};

}  // namespace

absl::StatusOr<Node> RunLazyFile(const PythonFile& file, const BaseFinder& find,
                                 Heap* heap) {
  ASSIGN_OR_RETURN(const Content content, LazyReader(find, heap).Read(file));
  for (const Names::Variable& variable : content.names.variables()) {
    if (!variable.is_there || variable.name != "_base_") continue;
    // What is dumped of it would be read as a file of the other style.
    return heap->Error(variable.mark,
                       "a file that imports names or has read_base() can't "
                       "have a variable _base_");
  }
  return ToNode(content.names, content.imported, Mark{file.number, 1, 1}, heap);
}

}  // namespace anneal::config::python
