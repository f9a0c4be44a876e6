#include "logging/history_buffer.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "logging/log.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr size_t kMaxPending = 64;

template <typename T>
at::Tensor ToTensor(const std::vector<T>& values, at::ScalarType dtype) {
  at::Tensor tensor = at::empty({static_cast<int64_t>(values.size())}, dtype);
  // An empty tensor has no storage to copy to.
  if (!values.empty()) {
    std::memcpy(tensor.mutable_data_ptr(), values.data(), tensor.nbytes());
  }
  return tensor;
}

template <typename T>
absl::StatusOr<std::vector<T>> FromTensor(const Dict& dict,
                                          absl::string_view key,
                                          at::ScalarType dtype) {
  ASSIGN_OR_RETURN(const Value* value, Require(dict, key, "history"));
  ASSIGN_OR_RETURN(at::Tensor tensor, value->AsTensor(key));
  tensor = tensor.cpu().to(dtype).contiguous();
  const T* data = tensor.const_data_ptr<T>();
  return std::vector<T>(data, data + tensor.numel());
}

}  // namespace

void HistoryBuffer::Update(double value, int64_t count) {
  if (!pending_.empty()) Flush();
  values_.push_back(value);
  counts_.push_back(count);
  Trim();
}

void HistoryBuffer::Update(const at::Tensor& value, int64_t count) {
  if (value.is_cpu()) return Update(value.item<double>(), count);
  pending_.emplace_back(value.detach(), count);
  if (pending_.size() >= kMaxPending) Flush();
}

double HistoryBuffer::mean(int64_t window) const {
  const size_t begin = WindowBegin(window);
  double sum = 0;
  double weight = 0;
  for (size_t i = begin; i < values_.size(); ++i) {
    sum += values_[i] * counts_[i];
    weight += counts_[i];
  }
  return sum / weight;
}

double HistoryBuffer::min(int64_t window) const {
  return *std::min_element(values_.begin() + WindowBegin(window),
                           values_.end());
}

double HistoryBuffer::max(int64_t window) const {
  return *std::max_element(values_.begin() + WindowBegin(window),
                           values_.end());
}

double HistoryBuffer::current() const {
  WindowBegin(1);
  return values_.back();
}

const std::vector<double>& HistoryBuffer::values() const {
  Flush();
  return values_;
}

const std::vector<int64_t>& HistoryBuffer::counts() const {
  Flush();
  return counts_;
}

Value HistoryBuffer::state_dict() const {
  Flush();
  return Dict{{"log_history", ToTensor(values_, at::kDouble)},
              {"count_history", ToTensor(counts_, at::kLong)},
              {"max_length", max_length_}};
}

absl::Status HistoryBuffer::LoadStateDict(const Value& state_dict) {
  ASSIGN_OR_RETURN(const Dict* dict, state_dict.AsDict("history"));
  ASSIGN_OR_RETURN(auto values,
                   FromTensor<double>(*dict, "log_history", at::kDouble));
  ASSIGN_OR_RETURN(auto counts,
                   FromTensor<int64_t>(*dict, "count_history", at::kLong));
  ASSIGN_OR_RETURN(const Value* length,
                   Require(*dict, "max_length", "history"));
  ASSIGN_OR_RETURN(const int64_t max_length, length->AsInt("max_length"));
  if (values.size() != counts.size() || max_length < 1) {
    return absl::InvalidArgumentError(
        "history: log_history and count_history differ in length, or "
        "max_length is below 1");
  }
  values_ = std::move(values);
  counts_ = std::move(counts);
  pending_.clear();
  max_length_ = max_length;
  Trim();
  return absl::OkStatus();
}

void HistoryBuffer::Flush() const {
  for (const auto& [tensor, count] : pending_) {
    values_.push_back(tensor.item<double>());
    counts_.push_back(count);
  }
  pending_.clear();
  Trim();
}

void HistoryBuffer::Trim() const {
  // Half again as long before it is cut: amortised O(1).
  const size_t keep = max_length_;
  if (values_.size() <= keep + keep / 2) return;
  values_.erase(values_.begin(), values_.end() - keep);
  counts_.erase(counts_.begin(), counts_.end() - keep);
}

size_t HistoryBuffer::WindowBegin(int64_t window) const {
  Flush();
  ANNEAL_CHECK(!values_.empty()) << "statistics of an empty HistoryBuffer";
  const int64_t size = values_.size();
  return size - std::min({window, size, max_length_});
}

}  // namespace anneal
