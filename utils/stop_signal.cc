#include "utils/stop_signal.h"

#include <atomic>
#include <csignal>

namespace anneal {
namespace {

std::atomic<int> received{0};
static_assert(std::atomic<int>::is_always_lock_free,
              "a signal handler may only touch lock-free atomics");

void Remember(int signal) {
  received.store(signal, std::memory_order_relaxed);
  std::signal(signal, SIG_DFL);
}

}  // namespace

StopSignal::StopSignal() {
  received = 0;
  std::signal(SIGINT, Remember);
  std::signal(SIGTERM, Remember);
}

StopSignal::~StopSignal() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  received = 0;
}

const char* StopSignal::Received() {
  switch (received.load(std::memory_order_relaxed)) {
    case SIGINT:
      return "SIGINT";
    case SIGTERM:
      return "SIGTERM";
    default:
      return nullptr;
  }
}

}  // namespace anneal
