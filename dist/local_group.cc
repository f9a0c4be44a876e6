#include "dist/local_group.h"

#include <unistd.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dist/this_machine.h"
#include "utils/status_macros.h"
#include "utils/value.h"

namespace anneal::dist {
namespace {

// Containers of one machine may have different host names, and machines the
// same.
std::string ThisMachine() {
  char host[256] = {};
  gethostname(host, sizeof(host) - 1);
  return absl::StrCat(host, " ", BootId());
}

}  // namespace

absl::StatusOr<std::unique_ptr<Communicator>> LocalGroup(Communicator& world) {
  const std::string own = ThisMachine();
  ASSIGN_OR_RETURN(const Value::List machines, world.AllGatherObject(own));
  std::map<std::string, std::vector<int>> ranks;
  for (size_t rank = 0; rank < machines.size(); ++rank) {
    ASSIGN_OR_RETURN(const std::string machine,
                     machines[rank].AsString("machine"));
    ranks[machine].push_back(static_cast<int>(rank));
  }
  std::unique_ptr<Communicator> local;
  for (const auto& [machine, members] : ranks) {
    ASSIGN_OR_RETURN(std::unique_ptr<Communicator> group,
                     world.NewGroup(members));
    if (machine == own) local = std::move(group);
  }
  return local;
}

}  // namespace anneal::dist
