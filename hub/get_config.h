// Configs of installed packages, and the models they describe.
#ifndef ANNEAL_HUB_GET_CONFIG_H_
#define ANNEAL_HUB_GET_CONFIG_H_

#include <string>

#include "absl/status/statusor.h"
#include "config/node.h"

namespace anneal::hub {

// mmengine's get_config: the config that `name` names, as in
//
//   GetConfig("mmdet::faster_rcnn/faster-rcnn_r50_fpn_1x_coco.py")
//
// below a folder of ANNEAL_PACKAGE_PATH (config/package_config.h). `pretrained`
// adds `model_path`: the URL of its weights, by the package's metafiles. Errors
// are FindPackageConfig's, LoadConfig's and FindPackageWeights'.
absl::StatusOr<config::Node> GetConfig(const std::string& name,
                                       bool pretrained = false);

}  // namespace anneal::hub

#endif  // ANNEAL_HUB_GET_CONFIG_H_
