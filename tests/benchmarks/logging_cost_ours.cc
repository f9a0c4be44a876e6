// Seconds that recording a number or logging a line takes; "CASE SECONDS" lines
// for compare.py. Lines go to a file and to /dev/null in place of a terminal.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "logging/history_buffer.h"
#include "logging/log.h"
#include "logging/logger.h"
#include "logging/message_hub.h"

namespace anneal {
namespace {

constexpr int kRounds = 7;

// Of one call, in the best of some rounds of `count` calls.
double Seconds(int64_t count, absl::FunctionRef<void(int64_t)> call) {
  absl::Duration best = absl::InfiniteDuration();
  for (int round = 0; round < kRounds; ++round) {
    const absl::Time begin = absl::Now();
    for (int64_t i = 0; i < count; ++i) call(i);
    best = std::min(best, absl::Now() - begin);
  }
  return absl::ToDoubleSeconds(best) / count;
}

void Main() {
  HistoryBuffer history;
  std::printf("history_update %.12f\n",
              Seconds(1000000, [&](int64_t i) { history.Update(0.5 * i); }));
  MessageHub hub;
  std::printf("hub_scalar %.12f\n", Seconds(1000000, [&](int64_t i) {
                hub.UpdateScalar("train/loss", 0.5 * i);
              }));
  const std::string path = (std::filesystem::temp_directory_path() /
                            absl::StrCat("logging_cost_", getpid(), ".log"))
                               .string();
  Logger::Options options;
  options.path = path;
  const absl::Status status = Logger::Initialize(options);
  if (!status.ok()) {
    std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
    std::exit(1);
  }
  std::fflush(stdout);
  const int terminal = dup(STDOUT_FILENO);
  const int nowhere = open("/dev/null", O_WRONLY);
  dup2(nowhere, STDOUT_FILENO);
  const double due = Seconds(20000, [](int64_t i) {
    ANNEAL_LOG(INFO) << "Epoch(train) [1][" << i << "/20000]  loss: 0.1234";
  });
  const double not_due = Seconds(10000000, [](int64_t i) {
    ANNEAL_LOG(DEBUG) << "Epoch(train) [1][" << i << "/20000]  loss: 0.1234";
  });
  std::fflush(stdout);
  dup2(terminal, STDOUT_FILENO);
  std::printf("line_due %.12f\nline_not_due %.12f\n", due, not_due);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace anneal

int main() { anneal::Main(); }
