// What differs between two configs.
#ifndef ANNEAL_CONFIG_DIFF_H_
#define ANNEAL_CONFIG_DIFF_H_

#include <string>

#include "config/node.h"

namespace anneal::config {

// mmengine's Config.diff: the unified diff, with three lines around each
// change, of the PrettyTexts of two configs; "" where they are the same.
// `colored`: lines in the colours of a terminal.
std::string Diff(const Node& a, const Node& b, bool colored = false);

}  // namespace anneal::config

#endif  // ANNEAL_CONFIG_DIFF_H_
