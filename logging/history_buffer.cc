#include "logging/history_buffer.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <mutex>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "logging/log.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal {
namespace {

constexpr size_t kMaxPending = 64;

// The registered statistics, for the whole process.
struct Statistics {
  std::mutex mutex;
  std::map<std::string, HistoryBuffer::Statistic, std::less<>> by_name = {
      {"mean", [](const HistoryBuffer& history,
                  int64_t window) { return history.mean(window); }},
      {"min", [](const HistoryBuffer& history,
                 int64_t window) { return history.min(window); }},
      {"max", [](const HistoryBuffer& history,
                 int64_t window) { return history.max(window); }},
      {"current",
       [](const HistoryBuffer& history, int64_t) { return history.current(); }},
  };

  static Statistics& Get() {
    static Statistics* statistics = new Statistics;
    return *statistics;
  }
};

template <typename T>
absl::Span<const T> Newest(const std::vector<T>& values, int64_t count) {
  return absl::MakeConstSpan(values).last(
      std::min<int64_t>(count, values.size()));
}

// numpy's sum, which is not that of a plain loop from eight values on.
double PairwiseSum(absl::Span<const double> values) {
  const size_t size = values.size();
  if (size > 128) {
    const size_t half = size / 2 - size / 2 % 8;
    return PairwiseSum(values.first(half)) + PairwiseSum(values.subspan(half));
  }
  if (size < 8) return std::accumulate(values.begin(), values.end(), 0.0);
  double sums[8];
  std::copy_n(values.begin(), 8, sums);
  size_t i = 8;
  for (; i + 8 <= size; i += 8) {
    for (size_t j = 0; j < 8; ++j) sums[j] += values[i + j];
  }
  const double sum = ((sums[0] + sums[1]) + (sums[2] + sums[3])) +
                     ((sums[4] + sums[5]) + (sums[6] + sums[7]));
  return std::accumulate(values.begin() + i, values.end(), sum);
}

template <typename T>
at::Tensor ToTensor(absl::Span<const T> values, at::ScalarType dtype) {
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
  ASSIGN_OR_RETURN(at::Tensor tensor,
                   value->AsTensor(absl::StrCat("history.", key)));
  std::vector<T> values;
  RETURN_IF_ERROR(CatchTorchError([&] {
    tensor = tensor.cpu().to(dtype).contiguous();
    const T* data = tensor.const_data_ptr<T>();
    values.assign(data, data + tensor.numel());
  }));
  return values;
}

// std::min_element's result depends on where a NaN stands; NumPy's doesn't.
double NanOr(double extreme, absl::Span<const double> values) {
  for (double value : values) {
    if (std::isnan(value)) return value;
  }
  return extreme;
}

}  // namespace

HistoryBuffer::HistoryBuffer(int64_t max_length) : max_length_(max_length) {
  ANNEAL_CHECK(max_length >= 1) << "max_length is " << max_length;
}

void HistoryBuffer::Update(double value, int64_t count) {
  if (!pending_.empty()) Flush();
  values_.push_back(value);
  counts_.push_back(count);
  Trim();
}

void HistoryBuffer::Update(const at::Tensor& value, int64_t count) {
  TORCH_CHECK(value.numel() == 1,
              "a history takes tensors of one element, not of ", value.numel());
  if (value.is_cpu()) return Update(value.item<double>(), count);
  pending_.emplace_back(value.detach(), count);
  if (pending_.size() >= kMaxPending) Flush();
}

int64_t HistoryBuffer::size() const {
  return std::min<int64_t>(values_.size() + pending_.size(), max_length_);
}

double HistoryBuffer::mean(int64_t window) const {
  const absl::Span<const double> values = Window(window);
  const absl::Span<const int64_t> counts = Newest(counts_, values.size());
  return PairwiseSum(values) / static_cast<double>(std::accumulate(
                                   counts.begin(), counts.end(), int64_t{0}));
}

double HistoryBuffer::min(int64_t window) const {
  const absl::Span<const double> values = Window(window);
  return NanOr(*std::min_element(values.begin(), values.end()), values);
}

double HistoryBuffer::max(int64_t window) const {
  const absl::Span<const double> values = Window(window);
  return NanOr(*std::max_element(values.begin(), values.end()), values);
}

double HistoryBuffer::current() const { return Window(1).back(); }

absl::StatusOr<double> HistoryBuffer::Statistics(absl::string_view name,
                                                 int64_t window) const {
  Statistic statistic;
  {
    auto& registered = anneal::Statistics::Get();
    const std::lock_guard<std::mutex> lock(registered.mutex);
    const auto it = registered.by_name.find(name);
    if (it == registered.by_name.end()) {
      return absl::NotFoundError(absl::StrCat(
          "no statistic of a history is called \"", name, "\"; there are ",
          absl::StrJoin(registered.by_name, ", ",
                        [](std::string* out, const auto& item) {
                          out->append(item.first);
                        })));
    }
    statistic = it->second;
  }
  if (empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the ", name, " of an empty history; update it first"));
  }
  if (window < 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the window of ", name, " is ", window, "; it must be at least 1"));
  }
  return statistic(*this, window);
}

void HistoryBuffer::RegisterStatistic(const std::string& name,
                                      Statistic statistic) {
  auto& registered = anneal::Statistics::Get();
  const std::lock_guard<std::mutex> lock(registered.mutex);
  const bool is_new =
      registered.by_name.emplace(name, std::move(statistic)).second;
  ANNEAL_CHECK(is_new) << "the statistic " << name << " is registered twice";
}

absl::Span<const double> HistoryBuffer::values() const {
  Flush();
  return Newest(values_, max_length_);
}

absl::Span<const int64_t> HistoryBuffer::counts() const {
  Flush();
  return Newest(counts_, max_length_);
}

Value HistoryBuffer::state_dict() const {
  return Dict{{"log_history", ToTensor(values(), at::kDouble)},
              {"count_history", ToTensor(counts(), at::kLong)},
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
  ASSIGN_OR_RETURN(const int64_t max_length,
                   length->AsInt("history.max_length"));
  if (values.size() != counts.size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "history: log_history has ", values.size(), " values, count_history ",
        counts.size(), "; they must be as many"));
  }
  if (max_length < 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "history.max_length is ", max_length, "; it must be at least 1"));
  }
  values_ = std::move(values);
  counts_ = std::move(counts);
  pending_.clear();
  max_length_ = max_length;
  Trim();
  return absl::OkStatus();
}

void HistoryBuffer::Flush() const {
  if (pending_.empty()) return;
  // One transfer for all of them.
  std::vector<at::Tensor> scalars;
  scalars.reserve(pending_.size());
  for (const auto& [tensor, count] : pending_) {
    scalars.push_back(
        tensor.reshape({}).to(pending_.front().first.device(), at::kDouble));
    counts_.push_back(count);
  }
  const at::Tensor values = at::stack(scalars).cpu();
  const double* data = values.const_data_ptr<double>();
  values_.insert(values_.end(), data, data + values.numel());
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

absl::Span<const double> HistoryBuffer::Window(int64_t window) const {
  ANNEAL_CHECK(window >= 1) << "the window is " << window;
  const absl::Span<const double> all = values();
  ANNEAL_CHECK(!all.empty()) << "a statistic of an empty HistoryBuffer";
  return all.last(std::min<int64_t>(window, all.size()));
}

}  // namespace anneal
