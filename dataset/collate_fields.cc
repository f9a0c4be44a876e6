#include "dataset/collate_fields.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

using Values = std::vector<const Value*>;

absl::StatusOr<Value> CollateValues(const Values& values,
                                    const std::string& field, CollateLeaf leaf);

// The values as Ts. InvalidArgument if one is not.
template <typename T>
absl::StatusOr<std::vector<const T*>> AllAs(const Values& values,
                                            const std::string& field) {
  std::vector<const T*> contents;
  for (const Value* value : values) {
    contents.push_back(value->get_if<T>());
    if (contents.back() != nullptr) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", field, "\" is a ", values[0]->type_name(), " in one sample and ",
        value->DebugString(), " in another"));
  }
  return contents;
}

absl::StatusOr<Dict> CollateDicts(const std::vector<const Dict*>& dicts,
                                  const std::string& path, CollateLeaf leaf) {
  Dict collated;
  for (const auto& [key, unused] : *dicts[0]) {
    const std::string field =
        absl::StrCat(path, path.empty() ? "" : ".", KeyString(key));
    Values values;
    values.reserve(dicts.size());
    for (const Dict* dict : dicts) {
      values.push_back(dict->FindKey(key));
      if (values.back() != nullptr) continue;
      return absl::InvalidArgumentError(absl::StrCat(
          "a sample has no \"", field, "\", the batch's first has it"));
    }
    ASSIGN_OR_RETURN(Value value, CollateValues(values, field, leaf));
    collated.Set(key, std::move(value));
  }
  return collated;
}

absl::StatusOr<Value> CollateLists(const std::vector<const Value::List*>& lists,
                                   const std::string& field, CollateLeaf leaf) {
  Value::List collated;
  for (const Value::List* list : lists) {
    if (list->size() == lists[0]->size()) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("\"", field, "\" has ", lists[0]->size(),
                     " elements in one sample and ", list->size(),
                     " in another; give each sample as many"));
  }
  for (size_t i = 0; i < lists[0]->size(); ++i) {
    Values values;
    for (const Value::List* list : lists) values.push_back(&(*list)[i]);
    ASSIGN_OR_RETURN(collated.emplace_back(),
                     CollateValues(values, absl::StrCat(field, ".", i), leaf));
  }
  return Value(std::move(collated));
}

absl::StatusOr<Value> CollateValues(const Values& values,
                                    const std::string& field,
                                    CollateLeaf leaf) {
  if (values[0]->get_if<Dict>() != nullptr) {
    ASSIGN_OR_RETURN(const auto dicts, AllAs<Dict>(values, field));
    return CollateDicts(dicts, field, leaf);
  }
  if (values[0]->get_if<Value::List>() != nullptr) {
    ASSIGN_OR_RETURN(const auto lists, AllAs<Value::List>(values, field));
    return CollateLists(lists, field, leaf);
  }
  return leaf(values, field);
}

}  // namespace

absl::StatusOr<Batch> CollateFields(const std::vector<Dict>& samples,
                                    CollateLeaf leaf) {
  if (samples.empty()) return Batch();
  std::vector<const Dict*> dicts;
  dicts.reserve(samples.size());
  for (const Dict& sample : samples) dicts.push_back(&sample);
  ASSIGN_OR_RETURN(Dict fields, CollateDicts(dicts, "", leaf));
  return Batch(std::move(fields));
}

}  // namespace anneal
