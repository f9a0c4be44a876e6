#include "tools/loop_lengths.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "config/struct_component.pb.h"
#include "optim/schedulers/schedule_context.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

namespace pb = ::google::protobuf;

// The field `name` of a train loop's config.
absl::optional<int64_t> LengthIn(const pb::Message& loop, const char* name) {
  const auto* field = loop.GetDescriptor()->FindFieldByName(name);
  using pb::FieldDescriptor;
  const bool is_length = field != nullptr && !field->is_repeated() &&
                         field->cpp_type() == FieldDescriptor::CPPTYPE_INT64;
  if (!is_length) return absl::nullopt;
  return loop.GetReflection()->GetInt64(loop, field);
}

// The same of a loop that takes any fields.
absl::optional<int64_t> LengthIn(const StructComponent& loop,
                                 const char* name) {
  const auto it = loop.fields().fields().find(name);
  if (it == loop.fields().fields().end()) return absl::nullopt;
  const double number = it->second.number_value();
  if (!(number > 0)) return 0;
  return static_cast<int64_t>(std::min<double>(number, kMaxSteps));
}

template <typename Loop>
absl::StatusOr<ScheduleLengths> LengthsIn(const Loop& loop,
                                          int64_t epoch_length) {
  const absl::optional<int64_t> max_epochs = LengthIn(loop, "max_epochs");
  const absl::optional<int64_t> max_iters = LengthIn(loop, "max_iters");
  if (!max_epochs && !max_iters) {
    return absl::InvalidArgumentError(
        "train_cfg has neither max_epochs nor max_iters, so the run's length "
        "is not known; leave --iters-per-epoch out, to ask the loop");
  }
  ScheduleLengths lengths;
  lengths.epoch_length = epoch_length;
  lengths.max_epochs = 1;  // as IterBasedTrainLoop's
  lengths.max_iters = max_iters.value_or(0);
  if (max_epochs.value_or(0) < 1) return lengths;
  lengths.max_epochs = *max_epochs;
  ScheduleContext epochs;
  epochs.scale = epoch_length;
  ASSIGN_OR_RETURN(lengths.max_iters,
                   epochs.Scaled("train_cfg.max_epochs", *max_epochs));
  return lengths;
}

// An empty config of the class that `any` holds, or null.
std::unique_ptr<pb::Message> NewConfig(const pb::Any& any) {
  const std::string url = any.type_url();
  const auto* type =
      pb::DescriptorPool::generated_pool()->FindMessageTypeByName(
          url.substr(url.rfind('/') + 1));
  if (type == nullptr) return nullptr;
  return std::unique_ptr<pb::Message>(
      pb::MessageFactory::generated_factory()->GetPrototype(type)->New());
}

}  // namespace

absl::StatusOr<ScheduleLengths> LoopLengths(const pb::Any& train_cfg,
                                            int64_t epoch_length) {
  StructComponent any_fields;
  if (train_cfg.UnpackTo(&any_fields)) {
    return LengthsIn(any_fields, epoch_length);
  }
  const std::unique_ptr<pb::Message> loop = NewConfig(train_cfg);
  if (loop == nullptr || !train_cfg.UnpackTo(loop.get())) {
    return absl::InvalidArgumentError(absl::StrCat(
        "train_cfg is no config of a linked loop: ", train_cfg.type_url()));
  }
  return LengthsIn(*loop, epoch_length);
}

}  // namespace anneal
