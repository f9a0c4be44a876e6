#include "runner/log_processor.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <initializer_list>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "dist/communicator.h"
#include "logging/history_buffer.h"
#include "logging/message_hub.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// Right-aligned to the width of `of`.
std::string Aligned(int64_t value, int64_t of) {
  return absl::StrFormat("%*d", static_cast<int>(absl::StrCat(of).size()),
                         value);
}

// Python's str(timedelta(seconds=int(seconds))).
std::string TimeDelta(double seconds) {
  const int64_t total = static_cast<int64_t>(seconds);
  const int64_t second_of_day = (total % 86400 + 86400) % 86400;
  const int64_t days = (total - second_of_day) / 86400;
  const std::string clock =
      absl::StrFormat("%d:%02d:%02d", second_of_day / 3600,
                      second_of_day % 3600 / 60, second_of_day % 60);
  if (days == 0) return clock;
  return absl::StrCat(days, std::abs(days) == 1 ? " day, " : " days, ", clock);
}

bool Trains(const Run& run) { return run.max_iters() > 0; }

int64_t LoggedEpoch(const Run& run, Mode mode) {
  return mode == Mode::kTrain ? run.epoch() + 1 : run.epoch();
}

// "Epoch(train)  [1][ 50/133]  ".
std::string EpochPosition(const Run& run, int64_t batch_idx, Mode mode) {
  std::string epoch = " ";
  if (mode != Mode::kTest) {
    epoch = absl::StrCat("[", LoggedEpoch(run, mode), "]");
    if (Trains(run)) {
      // Room for "[", "]" and the space before.
      const int width = absl::StrCat(run.max_epochs()).size() + 3;
      epoch = absl::StrFormat("%*s", width, epoch);
    }
  }
  const int64_t num_batches = run.num_batches(mode);
  return absl::StrCat("Epoch(", ModeName(mode), ")", epoch, "[",
                      Aligned(batch_idx + 1, num_batches), "/", num_batches,
                      "]  ");
}

// "Iter(train) [  50/2000]  ".
std::string IterPosition(const Run& run, int64_t batch_idx, Mode mode) {
  const bool trains = mode == Mode::kTrain;
  const int64_t current = trains ? run.iter() + 1 : batch_idx + 1;
  const int64_t length = trains ? run.max_iters() : run.num_batches(mode);
  return absl::StrCat("Iter(", ModeName(mode), ") [", Aligned(current, length),
                      "/", length, "]  ");
}

// The value called `name`, taken out of `scalars`.
double Take(std::vector<std::pair<std::string, double>>* scalars,
            absl::string_view name) {
  auto it = std::find_if(scalars->begin(), scalars->end(),
                         [&](const auto& item) { return item.first == name; });
  const double value = it->second;
  scalars->erase(it);
  return value;
}

bool Has(const std::vector<std::pair<std::string, double>>& scalars,
         absl::string_view name) {
  return std::any_of(scalars.begin(), scalars.end(),
                     [&](const auto& item) { return item.first == name; });
}

// Of "train/time" and "train/data_time" or the like.
bool IsTime(absl::string_view name) { return absl::EndsWith(name, "time"); }

bool IsValidWindow(const google::protobuf::Value& window) {
  if (window.has_string_value()) {
    return window.string_value() == "epoch" ||
           window.string_value() == "global";
  }
  return window.number_value() >= 1 &&
         window.number_value() == std::trunc(window.number_value());
}

absl::Status CheckCustom(const LogProcessorConfig& config,
                         const CustomLog& custom) {
  auto invalid = [&](const auto&... what) {
    return absl::InvalidArgumentError(absl::StrCat(
        "log_processor.custom_cfg of ", custom.data_src(), ": ", what...));
  };
  const absl::Status known =
      HistoryBuffer().Statistics(custom.method_name()).status();
  if (absl::IsNotFound(known)) return invalid(known.message());
  if (!custom.has_window_size()) return absl::OkStatus();
  if (!IsValidWindow(custom.window_size())) {
    return invalid("window_size is ", custom.window_size().ShortDebugString(),
                   "; it must be a whole number of at least 1, \"epoch\" or "
                   "\"global\"");
  }
  if (custom.window_size().string_value() == "epoch" && config.has_by_epoch() &&
      !config.by_epoch()) {
    return invalid(
        "window_size is \"epoch\" while by_epoch is false; use \"global\"");
  }
  return absl::OkStatus();
}

// Puts the mean over the ranks that have a scalar in each one's place.
absl::Status AverageOverRanks(
    dist::Communicator& communicator,
    std::initializer_list<std::vector<std::pair<std::string, double>>*> all) {
  Value::List own;
  for (const auto* scalars : all) {
    Dict dict;
    for (const auto& [name, value] : *scalars) dict[name] = value;
    own.push_back(std::move(dict));
  }
  ASSIGN_OR_RETURN(const Value::List ranks,
                   communicator.AllGatherObject(Value(std::move(own))));
  int64_t place = 0;
  for (auto* scalars : all) {
    for (auto& [name, value] : *scalars) {
      double sum = 0;
      int64_t count = 0;
      for (const Value& rank : ranks) {
        ASSIGN_OR_RETURN(const Value::List* lists, rank.AsList("scalars"));
        ASSIGN_OR_RETURN(const Dict* dict, lists->at(place).AsDict("scalars"));
        const Value* found = dict->Find(name);
        if (found == nullptr) continue;
        ASSIGN_OR_RETURN(const double number, found->AsReal(name));
        sum += number;
        ++count;
      }
      value = sum / count;
    }
    ++place;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<LogProcessor>> LogProcessor::Create(
    const Config& config) {
  if (config.window_size() < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("log_processor.window_size is ", config.window_size(),
                     "; it must be at least 1"));
  }
  if (config.num_digits() < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("log_processor.num_digits is ", config.num_digits(),
                     "; it must not be negative"));
  }
  std::set<std::string> names;
  for (const CustomLog& custom : config.custom_cfg()) {
    RETURN_IF_ERROR(CheckCustom(config, custom));
    const std::string& name =
        custom.has_log_name() ? custom.log_name() : custom.data_src();
    if (!names.insert(name).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("log_processor.custom_cfg logs \"", name,
                       "\" twice; give one of them another log_name"));
    }
  }
  // std::regex reports a bad pattern by exception only.
  try {
    return std::unique_ptr<LogProcessor>(
        new LogProcessor(config, std::regex(config.mean_pattern())));
  } catch (const std::regex_error& error) {
    return absl::InvalidArgumentError(
        absl::StrCat("log_processor.mean_pattern \"", config.mean_pattern(),
                     "\" is no regular expression: ", error.what()));
  }
}

absl::StatusOr<LogRecord> LogProcessor::AfterIter(Run& run, int64_t batch_idx,
                                                  Mode mode,
                                                  bool by_epoch) const {
  const std::vector<CustomLog> customs(config_.custom_cfg().begin(),
                                       config_.custom_cfg().end());
  Scalars log = Collect(run, customs, batch_idx, mode, /*keep_prefix=*/false);
  Scalars with_prefix;
  if (config_.log_with_hierarchy()) {
    with_prefix = Collect(run, customs, batch_idx, mode, /*keep_prefix=*/true);
  }
  if (mode == Mode::kTrain && run.communicator().world_size() > 1) {
    RETURN_IF_ERROR(AverageOverRanks(run.communicator(), {&log, &with_prefix}));
  }
  LogRecord record;
  record.scalars = config_.log_with_hierarchy() ? with_prefix : log;
  const std::string prefix = absl::StrCat(ModeName(mode), "/");
  std::vector<std::string> rates;
  for (const auto& [key, value] : record.scalars) {
    if (!absl::EndsWith(key, "lr")) continue;
    const std::string name(config_.log_with_hierarchy()
                               ? absl::StripPrefix(key, prefix)
                               : absl::string_view(key));
    Take(&log, name);
    rates.push_back(absl::StrCat(name, ": ", Scientific(value)));
  }
  if (ByEpoch(by_epoch) && mode != Mode::kTest) {
    record.scalars.emplace_back("epoch", LoggedEpoch(run, mode));
  }
  record.scalars.emplace_back("iter", Trains(run) ? run.iter() + 1 : 0);
  record.line = ByEpoch(by_epoch) ? EpochPosition(run, batch_idx, mode)
                                  : IterPosition(run, batch_idx, mode);
  absl::StrAppend(&record.line, absl::StrJoin(rates, " "), "  ");
  const Value* eta = run.message_hub().GetInfo("eta");
  if (Has(log, "time") && Has(log, "data_time") && eta != nullptr) {
    absl::StrAppend(&record.line,
                    "eta: ", TimeDelta(eta->AsReal("eta").value_or(0)),
                    "  time: ", Fixed(Take(&log, "time")),
                    "  data_time: ", Fixed(Take(&log, "data_time")), "  ");
  }
  if (max_memory_) {
    const int64_t memory = max_memory_();
    absl::StrAppend(&record.line, "memory: ", memory, "  ");
    record.scalars.emplace_back("memory", memory);
  }
  if (mode == Mode::kTrain) {
    absl::StrAppend(&record.line,
                    absl::StrJoin(log, "  ", [&](std::string* out, auto& item) {
                      absl::StrAppend(out, item.first, ": ",
                                      Fixed(item.second));
                    }));
  }
  return record;
}

LogRecord LogProcessor::AfterEpoch(Run& run, int64_t num_batches, Mode mode,
                                   bool by_epoch) const {
  std::vector<CustomLog> customs(config_.custom_cfg().begin(),
                                 config_.custom_cfg().end());
  // Times are averaged over all of the loop.
  for (const char* name : {"time", "data_time"}) {
    const bool is_custom = std::any_of(
        customs.begin(), customs.end(),
        [&](const CustomLog& custom) { return custom.data_src() == name; });
    if (is_custom) continue;
    CustomLog& custom = customs.emplace_back();
    custom.set_data_src(name);
    custom.mutable_window_size()->set_string_value("epoch");
  }
  const Scalars all =
      Collect(run, customs, num_batches, mode, config_.log_with_hierarchy());
  LogRecord record;
  Scalars times;
  for (const auto& item : all) {
    const absl::string_view name =
        absl::StripPrefix(item.first, absl::StrCat(ModeName(mode), "/"));
    const bool is_time = name == "time" || name == "data_time";
    (is_time ? times : record.scalars).push_back(item);
  }
  record.scalars.insert(record.scalars.end(), times.begin(), times.end());
  const std::string epoch = mode == Mode::kVal
                                ? absl::StrCat(" [", run.epoch(), "]")
                                : std::string(" ");
  record.line = absl::StrCat(
      ByEpoch(by_epoch) ? "Epoch(" : "Iter(", ModeName(mode), ")",
      ByEpoch(by_epoch) ? epoch : " ", "[", num_batches, "/", num_batches,
      "]    ",
      absl::StrJoin(
          record.scalars, "  ", [&](std::string* out, const auto& item) {
            absl::StrAppend(out, item.first, ": ", Fixed(item.second));
          }));
  return record;
}

bool LogProcessor::ByEpoch(bool loop_is_by_epoch) const {
  return config_.has_by_epoch() ? config_.by_epoch() : loop_is_by_epoch;
}

int64_t LogProcessor::Window(const CustomLog& custom, const Run& run,
                             int64_t batch_idx) const {
  if (!custom.has_window_size()) return HistoryBuffer::kMaxLength;
  const auto& window = custom.window_size();
  if (window.string_value() == "epoch") return batch_idx + 1;
  if (window.string_value() == "global") return run.iter() + 1;
  return window.number_value();
}

LogProcessor::Scalars LogProcessor::Collect(
    Run& run, const std::vector<CustomLog>& customs, int64_t batch_idx,
    Mode mode, bool keep_prefix) const {
  const std::string prefix = absl::StrCat(ModeName(mode), "/");
  Scalars scalars;
  auto set = [&](const std::string& name, double value) {
    for (auto& item : scalars) {
      if (item.first == name) {
        item.second = value;
        return;
      }
    }
    scalars.emplace_back(name, value);
  };
  for (const auto& [full_name, buffer] : run.message_hub().log_scalars()) {
    if (!absl::StartsWith(full_name, prefix) || buffer->empty()) continue;
    const std::string name(keep_prefix ? full_name
                                       : absl::StripPrefix(full_name, prefix));
    // Of validations only the times are averaged: a metric is that of the last
    // one, also where its name is "loss", which mmengine averages.
    const bool is_averaged = std::regex_search(name, mean_pattern_) &&
                             (mode == Mode::kTrain || IsTime(full_name));
    set(name,
        is_averaged ? buffer->mean(config_.window_size()) : buffer->current());
  }
  for (const CustomLog& custom : customs) {
    HistoryBuffer* buffer =
        run.message_hub().FindScalar(prefix + custom.data_src());
    if (buffer == nullptr || buffer->empty()) continue;
    const double value = *buffer->Statistics(custom.method_name(),
                                             Window(custom, run, batch_idx));
    set((keep_prefix ? prefix : "") +
            (custom.has_log_name() ? custom.log_name() : custom.data_src()),
        value);
  }
  return scalars;
}

std::string LogProcessor::Fixed(double value) const {
  if (std::isnan(value)) return "nan";  // of either sign
  return absl::StrFormat("%.*f", config_.num_digits(), value);
}

std::string LogProcessor::Scientific(double value) const {
  if (std::isnan(value)) return "nan";
  return absl::StrFormat("%.*e", config_.num_digits(), value);
}

ANNEAL_REGISTER(LogProcessor, LogProcessor);

}  // namespace anneal
