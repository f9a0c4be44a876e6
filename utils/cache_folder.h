// Where downloads are kept.
#ifndef ANNEAL_UTILS_CACHE_FOLDER_H_
#define ANNEAL_UTILS_CACHE_FOLDER_H_

#include <string>

namespace anneal {

// Anneal's own folder, not made yet: $ANNEAL_HOME, else $XDG_CACHE_HOME/anneal,
// else ~/.cache/anneal. A variable that is empty counts as absent; a leading
// "~" is the user's home.
std::string AnnealHome();

// The folder of torch.hub.get_dir(), which Python's downloads share:
// $TORCH_HOME/hub, else $XDG_CACHE_HOME/torch/hub, else ~/.cache/torch/hub.
// Checkpoints are in its folder "checkpoints".
std::string TorchHubFolder();

}  // namespace anneal

#endif  // ANNEAL_UTILS_CACHE_FOLDER_H_
