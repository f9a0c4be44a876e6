#include "config/python/python_file.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/types/optional.h"
#include "config/python/convert.h"
#include "config/python/evaluator.h"
#include "config/python/modules.h"
#include "config/python/names.h"
#include "config/python/parser.h"
#include "utils/status_macros.h"

namespace anneal::config::python {
namespace {

constexpr char kBase[] = "_base_";

bool IsBase(const ExpressionPtr& target) {
  const Name* name = target->get_if<Name>();
  return name != nullptr && name->id == kBase;
}

// What `_base_ = value` has at its right, or null.
const Expression* BaseOf(const Statement& statement) {
  const auto* assign = statement.get_if<Assign>();
  if (assign == nullptr || assign->value == nullptr) return nullptr;
  return IsBase(assign->targets[0]) ? assign->value.get() : nullptr;
}

// What one statement says of the style, if it does.
absl::optional<bool> SaysLazy(const Statement& statement) {
  if (BaseOf(statement)) return false;
  if (statement.get_if<ReadBase>()) return true;
  if (const auto* from = statement.get_if<ImportFrom>()) {
    const bool is_config = from->module == "mmengine" &&
                           from->names.size() == 1 &&
                           from->names[0].name == "Config";
    if (from->level > 0) return true;
    if (!is_config && !IsBuiltinModule(from->module)) return true;
  }
  if (const auto* import = statement.get_if<Import>()) {
    for (const Alias& alias : import->names) {
      if (!IsBuiltinModule(alias.name)) return true;
    }
  }
  return absl::nullopt;
}

// Outer statements before those inside of others, as Python's ast.walk goes.
bool IsLazyBlock(std::vector<const Block*> level) {
  while (!level.empty()) {
    std::vector<const Block*> next;
    for (const Block* block : level) {
      for (const Statement& statement : *block) {
        if (const auto is_lazy = SaysLazy(statement)) return *is_lazy;
        if (const auto* choice = statement.get_if<If>()) {
          for (const If::Branch& branch : choice->branches) {
            next.push_back(&branch.body);
          }
        } else if (const auto* loop = statement.get_if<For>()) {
          next.push_back(&loop->body);
          next.push_back(&loop->otherwise);
        }
      }
    }
    level = std::move(next);
  }
  return false;
}

// mmengine has bases by `_base_` or by read_base(), not both.
absl::Status CheckStyle(const Block& block, Heap* heap) {
  const bool is_lazy = IsLazyBlock({&block});
  for (const Statement& statement : block) {
    // `a = _base_ = "b.py"`: no base to mmengine, nor a variable.
    const auto* assign = statement.get_if<Assign>();
    if (assign != nullptr && BaseOf(statement) == nullptr &&
        std::any_of(assign->targets.begin(), assign->targets.end(), IsBase)) {
      return heap->Error(statement.mark,
                         "_base_ is assigned to in a statement of its own");
    }
    if (is_lazy ? BaseOf(statement) != nullptr
                : statement.get_if<ReadBase>() != nullptr) {
      return heap->Error(
          statement.mark,
          is_lazy ? "_base_ in a file that imports names or has read_base(); "
                    "both styles of .py configs don't mix"
                  : "read_base() in a file that has _base_; both styles of "
                    ".py configs don't mix");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PythonFile> ParseFile(absl::string_view text,
                                     const std::string& path, Heap* heap) {
  PythonFile file;
  file.path = std::make_shared<const std::string>(path);
  file.number = heap->AddFile(file.path);
  const Source source{text, file.path, file.number};
  ASSIGN_OR_RETURN(file.block, Parse(source));
  RETURN_IF_ERROR(CheckStyle(file.block, heap));
  return file;
}

bool IsLazy(const PythonFile& file) { return IsLazyBlock({&file.block}); }

absl::StatusOr<Node> BaseNames(const PythonFile& file, Heap* heap) {
  for (const Statement& statement : file.block) {
    const Expression* value = BaseOf(statement);
    if (value == nullptr) continue;
    Names none;
    ASSIGN_OR_RETURN(const Value names,
                     Evaluator(heap, &none).Evaluate(*value));
    return ToNode(names, heap);
  }
  return Node();
}

absl::StatusOr<Node> RunFile(const PythonFile& file, Node* bases, Heap* heap) {
  Names names;
  const Mark start{file.number, 1, 1};
  ASSIGN_OR_RETURN(const Value base, FromNode(*bases, heap));
  names.Set(kBase, base, start);
  RETURN_IF_ERROR(Evaluator(heap, &names).Run(file.block));
  ASSIGN_OR_RETURN(*bases, ToNode(base, heap));
  return ToNode(names, {kBase}, start, heap);
}

}  // namespace anneal::config::python
