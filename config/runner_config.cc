#include "config/runner_config.h"

#include <utility>

#include "config/config_file.h"
#include "config/limits.h"
#include "config/lower.h"
#include "config/override.h"
#include "config/provenance.h"
#include "utils/status_macros.h"

namespace anneal::config {

void FillShorthands(Node* tree) {
  Node* train_cfg = tree->Find("train_cfg");
  if (train_cfg == nullptr || !train_cfg->get_if<Node::Map>()) return;
  // As in mmengine, by_epoch stands for a type, not beside one. The schema
  // refuses it there, and where it is no bool.
  if (train_cfg->Find("type") != nullptr) return;
  const Node* by_epoch = train_cfg->Find("by_epoch");
  const bool* flag = by_epoch == nullptr ? nullptr : by_epoch->get_if<bool>();
  if (by_epoch != nullptr && flag == nullptr) return;
  const bool is_by_epoch = flag == nullptr || *flag;
  train_cfg->Set("type", Node(std::string(is_by_epoch ? "EpochBasedTrainLoop"
                                                      : "IterBasedTrainLoop"),
                              by_epoch ? by_epoch->place : train_cfg->place));
  train_cfg->Erase("by_epoch");
}

absl::StatusOr<ResolvedConfig> LoadRunnerConfig(
    const std::string& path, const std::vector<std::string>& overrides,
    const Components& components, const Node::Map& values) {
  ResolvedConfig config;
  ASSIGN_OR_RETURN(config.tree, LoadConfig(path));
  for (const std::string& override : overrides) {
    RETURN_IF_ERROR(ApplyOverride(override, &config.tree));
  }
  for (const Node::Entry& entry : values) {
    Node value = entry.value;
    const Node* old = config.tree.Find(entry.key);
    if (old != nullptr) NoteReplaced(*old, &value);
    config.tree.Set(entry.key, std::move(value));
  }
  RETURN_IF_ERROR(CheckLimits(config.tree));
  Node complete = config.tree;
  FillShorthands(&complete);
  const Node* scope = complete.Find("default_scope");
  const auto* scope_name = scope ? scope->get_if<std::string>() : nullptr;
  const DefaultScope scoped(components, scope_name ? *scope_name : "");
  RETURN_IF_ERROR(Lower(complete, scoped, &config.message));
  return config;
}

}  // namespace anneal::config
