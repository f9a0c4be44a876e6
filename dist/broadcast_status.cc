#include "dist/broadcast_status.h"

#include <string>

#include "utils/status_macros.h"
#include "utils/value.h"

namespace anneal::dist {

absl::Status BroadcastStatus(Communicator& communicator,
                             const absl::Status& status, int source) {
  Value outcome = Value::List{static_cast<int64_t>(status.code()),
                              std::string(status.message())};
  RETURN_IF_ERROR(communicator.BroadcastObject(&outcome, source));
  ASSIGN_OR_RETURN(const Value::List* list, outcome.AsList("outcome"));
  ASSIGN_OR_RETURN(const int64_t code, list->at(0).AsInt("outcome.0"));
  ASSIGN_OR_RETURN(const std::string message,
                   list->at(1).AsString("outcome.1"));
  return absl::Status(static_cast<absl::StatusCode>(code), message);
}

}  // namespace anneal::dist
