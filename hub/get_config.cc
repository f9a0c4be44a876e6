#include "hub/get_config.h"

#include "config/config_file.h"
#include "config/package_config.h"
#include "utils/status_macros.h"

namespace anneal::hub {

absl::StatusOr<config::Node> GetConfig(const std::string& name,
                                       bool pretrained) {
  ASSIGN_OR_RETURN(const std::string path, config::FindPackageConfig(name));
  ASSIGN_OR_RETURN(config::Node node, config::LoadConfig(path));
  if (pretrained) {
    ASSIGN_OR_RETURN(const std::string url, config::FindPackageWeights(name));
    node.Set("model_path", config::Node(url, node.place));
  }
  return node;
}

}  // namespace anneal::hub
