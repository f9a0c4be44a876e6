// SIGINT and SIGTERM as a request to stop.
#ifndef ANNEAL_UTILS_STOP_SIGNAL_H_
#define ANNEAL_UTILS_STOP_SIGNAL_H_

#include <csignal>

namespace anneal {

// While it lives the first SIGINT or SIGTERM is only remembered; the second, of
// either kind, ends the process at once, as it would without it. A signal that
// the process ignores (as under nohup) stays ignored. Its end brings the
// earlier handlers back and forgets the signal. One at a time in a process.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  // "SIGINT" or "SIGTERM" once one has come, else null. Safe to call from any
  // thread, costs a load.
  static const char* Received();

 private:
  struct sigaction before_int_;
  struct sigaction before_term_;
};

}  // namespace anneal

#endif  // ANNEAL_UTILS_STOP_SIGNAL_H_
