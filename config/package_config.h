// Configs that installed packages bring along.
#ifndef ANNEAL_CONFIG_PACKAGE_CONFIG_H_
#define ANNEAL_CONFIG_PACKAGE_CONFIG_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace anneal::config {

// "mmdet::faster_rcnn/faster-rcnn_r50_fpn_1x_coco.py" names a config as
// mmengine's get_config does: the package's module and a path below its
// configs. OpenMMLab's wheels keep them in <package>/.mim/configs, with
// .mim/model-index.yml listing the metafiles that tell each one's weights.

// Whether `name` is of that form, and no path.
bool IsPackageConfig(absl::string_view name);

// Where packages are looked for: the folders of the environment variable
// ANNEAL_PACKAGE_PATH, between colons; Python's site-packages, for instance.
std::vector<std::string> PackageFolders();

// The file that `name` names, in the first of `folders` that has the package.
// InvalidArgument where `name` is not of that form; NotFound, which names the
// folders or the nearest file, for a package or a config that is not there.
absl::StatusOr<std::string> FindPackageConfig(
    absl::string_view name,
    const std::vector<std::string>& folders = PackageFolders());

// The `Weights` that the package's metafiles give for the config `name`: a URL,
// of the first model that has the config. NotFound where they give none;
// InvalidArgument for a metafile that can't be read.
absl::StatusOr<std::string> FindPackageWeights(
    absl::string_view name,
    const std::vector<std::string>& folders = PackageFolders());

}  // namespace anneal::config

#endif  // ANNEAL_CONFIG_PACKAGE_CONFIG_H_
