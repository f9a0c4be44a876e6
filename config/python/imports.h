// Imports of a `.py` config, which load nothing.
#ifndef ANNEAL_CONFIG_PYTHON_IMPORTS_H_
#define ANNEAL_CONFIG_PYTHON_IMPORTS_H_

#include <set>
#include <string>

#include "absl/status/status.h"
#include "config/python/heap.h"
#include "config/python/names.h"
#include "config/python/syntax.h"

namespace anneal::config::python {

// Sets in `names` what the statement imports, and adds the names to `imported`:
// of the modules that modules.h reads their functions, of others an Imported,
// which is its dotted name.
void BindImport(const Import &statement, Names *names,
                std::set<std::string> *imported, Heap *heap);
// InvalidArgument for "*" and for what modules.h does not read of its modules.
absl::Status BindImportFrom(const ImportFrom &statement, Names *names,
                            std::set<std::string> *imported, Heap *heap);

}  // namespace anneal::config::python

#endif  // ANNEAL_CONFIG_PYTHON_IMPORTS_H_
