#include "config/python/imports.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "config/python/modules.h"
#include "config/python/value.h"

namespace anneal::config::python {
namespace {

Value NewModule(const std::string &name, Mark mark, Heap *heap) {
  Module *module = heap->New<Module>();
  module->name = name;
  return Value(static_cast<const Module *>(module), mark);
}

Value NewImported(std::string module, std::string name, bool is_module,
                  Mark mark, Heap *heap) {
  Imported *imported = heap->New<Imported>();
  imported->module = std::move(module);
  imported->name = std::move(name);
  imported->is_module = is_module;
  return Value(static_cast<const Imported *>(imported), mark);
}

}  // namespace

void BindImport(const Import &statement, Names *names,
                std::set<std::string> *imported, Heap *heap) {
  for (const Alias &alias : statement.names) {
    const std::string first = alias.name.substr(0, alias.name.find('.'));
    const std::string &bound = alias.as.empty() ? first : alias.as;
    const std::string &module = alias.as.empty() ? first : alias.name;
    imported->insert(bound);
    names->Set(bound,
               IsBuiltinModule(first)
                   ? NewModule(module, alias.mark, heap)
                   : NewImported(module, module, true, alias.mark, heap),
               alias.mark);
  }
}

absl::Status BindImportFrom(const ImportFrom &statement, Names *names,
                            std::set<std::string> *imported, Heap *heap) {
  const std::string module =
      std::string(statement.level, '.') + statement.module;
  for (const Alias &alias : statement.names) {
    if (alias.name == "*") {
      return heap->Error(alias.mark,
                         "\"import *\" stands in \"with read_base():\"");
    }
    const std::string &bound = alias.as.empty() ? alias.name : alias.as;
    imported->insert(bound);
    Value value;
    if (!IsBuiltinModule(module)) {
      value = NewImported(module, alias.name, false, alias.mark, heap);
    } else if (absl::StartsWith(module, "mmengine.config")) {
      // read_base and the classes around it do nothing here.
      value = NewModule(alias.name, alias.mark, heap);
    } else if (!FindInModule(module, alias.name, alias.mark, heap, &value)) {
      return heap->Error(alias.mark, absl::StrCat(module, ".", alias.name,
                                                  " is not read in a config"));
    }
    names->Set(bound, value, alias.mark);
  }
  return absl::OkStatus();
}

}  // namespace anneal::config::python
