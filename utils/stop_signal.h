// SIGINT and SIGTERM as a request to stop.
#ifndef ANNEAL_UTILS_STOP_SIGNAL_H_
#define ANNEAL_UTILS_STOP_SIGNAL_H_

namespace anneal {

// While it lives the first SIGINT or SIGTERM is only remembered; the second
// ends the process at once, as it would without it. One at a time in a process.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  // "SIGINT" or "SIGTERM" once one has come, else null. Safe to call from any
  // thread, costs a load.
  static const char* Received();
};

}  // namespace anneal

#endif  // ANNEAL_UTILS_STOP_SIGNAL_H_
