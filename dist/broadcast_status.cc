#include "dist/broadcast_status.h"

#include <string>

#include "utils/status_macros.h"
#include "utils/value.h"

namespace anneal::dist {
namespace {
constexpr char kBroadcastFailed[] = "anneal.dist.broadcast_failed";
}  // namespace

absl::Status BroadcastStatus(Communicator& communicator,
                             const absl::Status& status, int source) {
  Value outcome = Value::List{static_cast<int64_t>(status.code()),
                              std::string(status.message())};
  absl::Status sent = communicator.BroadcastObject(&outcome, source);
  if (!sent.ok()) {
    sent.SetPayload(kBroadcastFailed, absl::Cord());
    return sent;
  }
  ASSIGN_OR_RETURN(const Value::List* list, outcome.AsList("outcome"));
  ASSIGN_OR_RETURN(const int64_t code, list->at(0).AsInt("outcome.0"));
  ASSIGN_OR_RETURN(const std::string message,
                   list->at(1).AsString("outcome.1"));
  return absl::Status(static_cast<absl::StatusCode>(code), message);
}

bool IsBroadcastFailure(const absl::Status& status) {
  return status.GetPayload(kBroadcastFailed).has_value();
}

}  // namespace anneal::dist
