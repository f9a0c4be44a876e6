// pseudo_collate: samples of different sizes side by side.

#include <utility>
#include <vector>

#include "dataset/collate.h"
#include "dataset/pseudo_collate.pb.h"

namespace anneal {
namespace {

// Each field becomes the list of the samples' values.
class pseudo_collate : public Collate {  // NOLINT: mmengine's name
 public:
  using Config = pseudo_collateConfig;
  static absl::StatusOr<std::unique_ptr<pseudo_collate>> Create(const Config&) {
    return std::make_unique<pseudo_collate>();
  }

  absl::StatusOr<Batch> operator()(std::vector<Dict> samples) const override {
    Batch batch;
    for (const Dict& sample : samples) {
      for (const auto& [key, value] : sample) {
        Value& field = batch.fields()[KeyString(key)];
        if (field.is_none()) field = Value::List();
        field.get_if<Value::List>()->push_back(value);
      }
    }
    return batch;
  }
};

ANNEAL_REGISTER(Collate, pseudo_collate);

}  // namespace
}  // namespace anneal
