// FaultHook: a rank that goes wrong in one of many ways.

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <google/protobuf/struct.pb.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dist/communicator.h"
#include "hooks/hook.h"

namespace anneal {
namespace {

absl::Status TakeAllMemory() {
  std::vector<at::Tensor> taken;
  for (;;) taken.push_back(at::empty({int64_t{1} << 30}, at::kByte));
}

// What happens on the rank after the iteration, by the name of the fault.
using Fault = absl::Status (*)();
const std::map<std::string, Fault>& Faults() {
  static const auto* faults = new std::map<std::string, Fault>{
      {"status", [] { return absl::DataLossError("the sensor is torn off"); }},
      {"exception",
       []() -> absl::Status { throw std::runtime_error("the hook threw"); }},
      {"memory", &TakeAllMemory},
      {"stopped",
       [] {
         std::raise(SIGSTOP);
         return absl::OkStatus();
       }},
      {"abort", []() -> absl::Status { std::abort(); }},
      {"exit", []() -> absl::Status { _exit(0); }},
      {"sleep",
       []() -> absl::Status {
         for (;;) pause();
       }},
  };
  return *faults;
}

// custom_hooks: [{type: FaultHook, rank: 1, iter: 3, fault: status}]
//
// Besides those above, "leave_out": the other ranks meet at a barrier then; and
// "stop": the rank has had enough, which is no fault.
class FaultHook : public Hook {
 public:
  using Config = google::protobuf::Struct;

  static absl::StatusOr<std::unique_ptr<FaultHook>> Create(
      const Config& config) {
    const auto& fields = config.fields();
    for (const char* name : {"rank", "iter", "fault"}) {
      if (fields.count(name) > 0) continue;
      return absl::InvalidArgumentError(absl::StrCat("no ", name));
    }
    auto hook = std::make_unique<FaultHook>();
    hook->rank_ = static_cast<int>(fields.at("rank").number_value());
    hook->iter_ = static_cast<int64_t>(fields.at("iter").number_value());
    hook->fault_ = fields.at("fault").string_value();
    const bool is_of_run =
        hook->fault_ == "leave_out" || hook->fault_ == "stop";
    if (!is_of_run && Faults().count(hook->fault_) == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("there is no fault ", hook->fault_));
    }
    return hook;
  }

  absl::Status AfterTrainIter(Run& run, int64_t, const Batch&,
                              const LogVars&) override {
    if (run.iter() + 1 != iter_) return absl::OkStatus();
    const bool is_faulty = run.communicator().rank() == rank_;
    if (fault_ == "leave_out") {
      return is_faulty ? absl::OkStatus() : run.communicator().Barrier();
    }
    if (fault_ == "stop") {
      if (is_faulty) run.RequestStop("the hook");
      return absl::OkStatus();
    }
    return is_faulty ? Faults().at(fault_)() : absl::OkStatus();
  }

 private:
  int rank_ = 0;
  int64_t iter_ = 0;
  std::string fault_;
};

ANNEAL_REGISTER(Hook, FaultHook);

}  // namespace
}  // namespace anneal
