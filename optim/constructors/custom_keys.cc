#include "optim/constructors/custom_keys.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "logging/log.h"
#include "utils/nearest_name.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr char kLrMult[] = "lr_mult";
constexpr char kDecayMult[] = "decay_mult";

Value ToValue(const google::protobuf::Value& value) {
  switch (value.kind_case()) {
    case google::protobuf::Value::kNumberValue:
      return value.number_value();
    case google::protobuf::Value::kStringValue:
      return value.string_value();
    case google::protobuf::Value::kBoolValue:
      return value.bool_value();
    case google::protobuf::Value::kListValue: {
      Value::List list;
      for (const auto& item : value.list_value().values()) {
        list.push_back(ToValue(item));
      }
      return list;
    }
    case google::protobuf::Value::kStructValue: {
      Dict dict;
      for (const auto& [key, item] : value.struct_value().fields()) {
        dict[key] = ToValue(item);
      }
      return dict;
    }
    default:
      return Value();
  }
}

absl::StatusOr<double> ReadMultiplier(const std::string& path,
                                      const google::protobuf::Value& value) {
  const double number = value.number_value();
  if (value.kind_case() == google::protobuf::Value::kNumberValue &&
      number >= 0 && std::isfinite(number)) {
    return number;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "optim_wrapper.paramwise_cfg.", path, " is ", value.ShortDebugString(),
      "; it must be a finite number that is not negative"));
}

absl::StatusOr<CustomKeys::Entry> ReadEntry(
    const std::string& key, const google::protobuf::Struct& config,
    const BaseSettings& base) {
  CustomKeys::Entry entry;
  entry.key = key;
  const std::string path = absl::StrCat("custom_keys.", key);
  // A Struct has no order of its own.
  std::map<std::string, const google::protobuf::Value*> fields;
  for (const auto& [name, value] : config.fields()) fields[name] = &value;
  if (const auto found = fields.find(kLrMult); found != fields.end()) {
    const std::string field = absl::StrCat(path, ".", kLrMult);
    ASSIGN_OR_RETURN(entry.lr_mult, ReadMultiplier(field, *found->second));
    RETURN_IF_ERROR(CheckMultiplies(field, "lr", base.lr, base));
    entry.settings[kLrMult] = entry.lr_mult;
  }
  if (const auto found = fields.find(kDecayMult); found != fields.end()) {
    const std::string field = absl::StrCat(path, ".", kDecayMult);
    ASSIGN_OR_RETURN(entry.decay_mult, ReadMultiplier(field, *found->second));
    RETURN_IF_ERROR(
        CheckMultiplies(field, "weight_decay", base.weight_decay, base));
    entry.settings[kDecayMult] = entry.decay_mult;
  }
  for (const auto& [name, value] : fields) {
    if (name == kLrMult || name == kDecayMult) continue;
    std::vector<std::string> known = base.fields;
    if (!known.empty() &&
        std::find(known.begin(), known.end(), name) == known.end()) {
      known.insert(known.end(), {kLrMult, kDecayMult});
      return absl::InvalidArgumentError(absl::StrCat(
          "optim_wrapper.paramwise_cfg.", path, ".", name, " is neither ",
          kLrMult, " nor ", kDecayMult, " nor an option of ", base.type,
          DidYouMean(name, known)));
    }
    entry.settings[name] = ToValue(*value);
  }
  return entry;
}

}  // namespace

absl::StatusOr<CustomKeys> CustomKeys::Create(
    const google::protobuf::Map<std::string, google::protobuf::Struct>& config,
    const BaseSettings& base) {
  CustomKeys keys;
  for (const auto& [key, settings] : config) {
    if (key.empty()) {
      return absl::InvalidArgumentError(
          "optim_wrapper.paramwise_cfg.custom_keys has an empty key, which is "
          "part of every name; set it for all in optim_wrapper.optimizer");
    }
    ASSIGN_OR_RETURN(keys.entries_.emplace_back(),
                     ReadEntry(key, settings, base));
  }
  std::sort(
      keys.entries_.begin(), keys.entries_.end(),
      [](const Entry& a, const Entry& b) {
        return std::make_tuple(-static_cast<int64_t>(a.key.size()), a.key) <
               std::make_tuple(-static_cast<int64_t>(b.key.size()), b.key);
      });
  return keys;
}

const CustomKeys::Entry* CustomKeys::Match(absl::string_view name) const {
  for (const Entry& entry : entries_) {
    if (absl::StrContains(name, entry.key)) return &entry;
  }
  return nullptr;
}

void CustomKeys::WarnOfUnmatched(const std::vector<std::string>& names) const {
  for (const Entry& entry : entries_) {
    const bool is_matched =
        std::any_of(names.begin(), names.end(), [&](const std::string& name) {
          // As Match is asked for parameters of the model itself.
          const bool is_nested = absl::StrContains(name, ".");
          return absl::StrContains(is_nested ? name : absl::StrCat(".", name),
                                   entry.key);
        });
    if (is_matched) continue;
    ANNEAL_LOG(WARNING) << "paramwise_cfg.custom_keys: \"" << entry.key
                        << "\" is part of no parameter's name, so it has no "
                           "effect"
                        << (names.empty() ? ""
                                          : absl::StrCat("; names are like \"",
                                                         names[0], "\""));
  }
}

}  // namespace anneal
