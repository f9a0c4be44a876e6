// Why a run is to stop before its end.
#ifndef ANNEAL_DIST_STOP_WISH_H_
#define ANNEAL_DIST_STOP_WISH_H_

#include <string>

namespace anneal::dist {

struct StopWish {
  // "SIGTERM", or what a hook says.
  std::string why;
  // Whether it comes from outside the run, as a signal does.
  bool is_signal = false;
};

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_STOP_WISH_H_
