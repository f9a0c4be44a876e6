// pseudo_collate: samples of different sizes side by side.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dataset/collate.h"
#include "dataset/collate_fields.h"
#include "dataset/pseudo_collate.pb.h"

namespace anneal {
namespace {

absl::StatusOr<Value> SideBySide(const std::vector<const Value*>& values,
                                 const std::string&) {
  Value::List list;
  list.reserve(values.size());
  for (const Value* value : values) list.push_back(*value);
  return Value(std::move(list));
}

// mmengine's: each field becomes the list of the samples' values; dicts go
// field by field and lists element by element.
class pseudo_collate : public Collate {  // NOLINT: mmengine's name
 public:
  using Config = pseudo_collateConfig;
  static absl::StatusOr<std::unique_ptr<pseudo_collate>> Create(const Config&) {
    return std::make_unique<pseudo_collate>();
  }

  absl::StatusOr<Batch> operator()(std::vector<Dict> samples) const override {
    return CollateFields(samples, SideBySide);
  }
};

ANNEAL_REGISTER(Collate, pseudo_collate);

}  // namespace
}  // namespace anneal
