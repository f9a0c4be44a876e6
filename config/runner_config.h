// A config file with overrides -> RunnerConfig.
#ifndef ANNEAL_CONFIG_RUNNER_CONFIG_H_
#define ANNEAL_CONFIG_RUNNER_CONFIG_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "config/components.h"
#include "config/node.h"
#include "config/runner.pb.h"

namespace anneal::config {

// A resolved config: the tree as written, with bases and overrides, and the
// message it lowers to.
struct ResolvedConfig {
  Node tree;
  RunnerConfig message;
};

// Loads `path`, applies `overrides` ("a.b=c"), sets `values` at the top, as
// they are, and lowers the tree. Every error of load, override or schema is
// InvalidArgument or NotFound with its places.
absl::StatusOr<ResolvedConfig> LoadRunnerConfig(
    const std::string& path, const std::vector<std::string>& overrides,
    const Components& components, const Node::Map& values = {});

// What mmengine lets a config leave out is filled in: train_cfg's type, from
// its by_epoch. Beside a type, by_epoch is a field like any other.
void FillShorthands(Node* tree);

}  // namespace anneal::config

#endif  // ANNEAL_CONFIG_RUNNER_CONFIG_H_
