// What a test hears of a control plane.
#ifndef ANNEAL_DIST_CONTROL_RECORDER_H_
#define ANNEAL_DIST_CONTROL_RECORDER_H_

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "dist/control.pb.h"
#include "dist/control_channel.h"

namespace anneal::dist {

// Keeps the messages that it hears. Thread-safe; outlives its channel.
class ControlRecorder : public ControlListener {
 public:
  void OnMessage(const ControlMessage& message) override;

  // The messages once there are `count`.
  std::vector<ControlMessage> WaitFor(int count);
  // The message after `index` others, once it has come.
  ControlMessage WaitForIndex(int index);
  // The first Lost, once it has come.
  ControlMessage WaitForLost();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<ControlMessage> messages_;
};

// A message that only carries a text.
ControlMessage TextMessage(const std::string& text);

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_CONTROL_RECORDER_H_
