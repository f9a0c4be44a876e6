// The lists in which Slurm writes nodes and tasks.
#ifndef ANNEAL_DIST_SLURM_NODE_LIST_H_
#define ANNEAL_DIST_SLURM_NODE_LIST_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace anneal::dist {

// The names in a node list, in order, as `scontrol show hostnames` prints them:
// "node[01-03,7],gpu" is node01, node02, node03, node7, gpu. A name may hold
// several brackets ("rack[0-1]node[1-2]": the last one runs fastest) and text
// behind them. InvalidArgument, with the place, for a list that is not well
// formed or that names more than 65536 nodes (Slurm's own limit).
absl::StatusOr<std::vector<std::string>> ExpandSlurmNodeList(
    absl::string_view list);

// The tasks of each node: "2(x3),1" is 2, 2, 2, 1. InvalidArgument as above.
absl::StatusOr<std::vector<int>> ExpandSlurmTaskCounts(absl::string_view list);

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_SLURM_NODE_LIST_H_
