#include "fileio/backend_args.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "utils/nearest_name.h"

namespace anneal::fileio {

using google::protobuf::Value;

namespace {

absl::string_view KindName(Value::KindCase kind) {
  switch (kind) {
    case Value::kNumberValue:
      return "a number";
    case Value::kStringValue:
      return "a text";
    case Value::kBoolValue:
      return "true or false";
    case Value::kListValue:
      return "a list";
    case Value::kStructValue:
      return "a dict";
    default:
      return "nothing";
  }
}

}  // namespace

void BackendArgsReader::Fail(const std::string& name, absl::string_view what) {
  status_.Update(absl::InvalidArgumentError(
      absl::StrCat("backend_args of ", backend_, ": ", name, ": ", what)));
}

const Value* BackendArgsReader::Take(const std::string& name, Kind kind,
                                     absl::string_view expected) {
  names_.push_back(name);
  const auto it = args_.fields().find(name);
  if (it == args_.fields().end()) return nullptr;
  const Value& value = it->second;
  if (value.kind_case() == kind) return &value;
  if (value.kind_case() != Value::kNullValue &&
      value.kind_case() != Value::KIND_NOT_SET) {
    // The kind alone: the value may be a secret.
    Fail(name, absl::StrCat("expected ", expected, ", found ",
                            KindName(value.kind_case())));
  }
  return nullptr;
}

std::string BackendArgsReader::String(const std::string& name,
                                      absl::string_view fallback) {
  const Value* value = Take(name, Value::kStringValue, "a text");
  return value == nullptr ? std::string(fallback) : value->string_value();
}

std::string BackendArgsReader::RequiredString(const std::string& name) {
  const std::string text = String(name, "");
  if (text.empty()) Fail(name, "is required; give it a text");
  return text;
}

bool BackendArgsReader::Bool(const std::string& name, bool fallback) {
  const Value* value = Take(name, Value::kBoolValue, "true or false");
  return value == nullptr ? fallback : value->bool_value();
}

double BackendArgsReader::Number(const std::string& name, double fallback) {
  const Value* value = Take(name, Value::kNumberValue, "a number");
  return value == nullptr ? fallback : value->number_value();
}

int64_t BackendArgsReader::Integer(const std::string& name, int64_t fallback) {
  const double number = Number(name, static_cast<double>(fallback));
  constexpr double kLargest = 9007199254740992;  // 2^53
  if (std::abs(number) <= kLargest && number == std::floor(number)) {
    return static_cast<int64_t>(number);
  }
  Fail(name, absl::StrCat("expected an integer, found ", number));
  return fallback;
}

int64_t BackendArgsReader::Integer(const std::string& name, int64_t fallback,
                                   int64_t least, int64_t most) {
  const int64_t number = Integer(name, fallback);
  if (number >= least && number <= most) return number;
  Fail(name,
       absl::StrCat("it is from ", least, " to ", most, ", found ", number));
  return fallback;
}

absl::Duration BackendArgsReader::Seconds(const std::string& name,
                                          absl::Duration fallback,
                                          absl::Duration least) {
  const double seconds = Number(name, absl::ToDoubleSeconds(fallback));
  const absl::Duration duration = absl::Seconds(seconds);
  // No NaN is equal to itself.
  if (seconds == seconds && duration >= least && duration <= absl::Hours(24)) {
    return duration;
  }
  Fail(name, absl::StrCat("it is from ", absl::ToDoubleSeconds(least),
                          " to 86400 seconds, found ", seconds));
  return fallback;
}

std::vector<std::string> BackendArgsReader::StringList(
    const std::string& name) {
  const auto it = args_.fields().find(name);
  if (it != args_.fields().end() && it->second.has_string_value()) {
    names_.push_back(name);
    return {it->second.string_value()};
  }
  std::vector<std::string> texts;
  const Value* value = Take(name, Value::kListValue, "a list of texts");
  if (value == nullptr) return texts;
  for (const Value& item : value->list_value().values()) {
    if (!item.has_string_value()) Fail(name, "expected a list of texts");
    texts.push_back(item.string_value());
  }
  return texts;
}

std::map<std::string, std::string> BackendArgsReader::StringMap(
    const std::string& name) {
  std::map<std::string, std::string> texts;
  const Value* value = Take(name, Value::kStructValue, "a dict of texts");
  if (value == nullptr) return texts;
  for (const auto& [key, item] : value->struct_value().fields()) {
    if (!item.has_string_value()) Fail(name, "expected a dict of texts");
    texts[key] = item.string_value();
  }
  return texts;
}

absl::Status BackendArgsReader::Finish() const {
  if (!status_.ok()) return status_;
  for (const auto& [name, value] : args_.fields()) {
    if (std::find(names_.begin(), names_.end(), name) != names_.end() ||
        name == "backend") {
      continue;
    }
    return absl::InvalidArgumentError(absl::StrCat(
        "backend_args of ", backend_, ": there is no ", name,
        DidYouMean(name, names_), "; it takes: ", absl::StrJoin(names_, ", ")));
  }
  return absl::OkStatus();
}

}  // namespace anneal::fileio
