#include "utils/stop_signal.h"

#include <atomic>
#include <csignal>

namespace anneal {
namespace {

std::atomic<int> received{0};
static_assert(std::atomic<int>::is_always_lock_free,
              "a signal handler may only touch lock-free atomics");

void Remember(int signal) {
  int none = 0;
  if (received.compare_exchange_strong(none, signal)) return;
  // The signal is blocked while it is handled, so this ends the process on
  // return.
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void Install(int signal, struct sigaction* before) {
  struct sigaction action = {};
  action.sa_handler = &Remember;
  action.sa_flags = SA_RESTART;  // no EINTR for code that knows nothing of us
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, before);
  if (before->sa_handler == SIG_IGN) sigaction(signal, before, nullptr);
}

}  // namespace

StopSignal::StopSignal() {
  received = 0;
  Install(SIGINT, &before_int_);
  Install(SIGTERM, &before_term_);
}

StopSignal::~StopSignal() {
  sigaction(SIGINT, &before_int_, nullptr);
  sigaction(SIGTERM, &before_term_, nullptr);
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
