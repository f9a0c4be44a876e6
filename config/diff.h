// What differs between two configs.
#ifndef ANNEAL_CONFIG_DIFF_H_
#define ANNEAL_CONFIG_DIFF_H_

#include <string>

#include "config/node.h"

namespace anneal::config {

struct DiffOptions {
  // What the head calls the two; mmengine leaves it empty.
  std::string a_name;
  std::string b_name;
  // Whether a tuple or a set differs from a list of the same items. Only .py
  // configs have them.
  bool tells_tuples = true;
  // Lines in the colours of a terminal.
  bool colored = false;
};

// mmengine's Config.diff: the unified diff, with three lines around each
// change, of the PrettyTexts of two configs; "" where they are the same.
std::string Diff(const Node& a, const Node& b, const DiffOptions& options = {});

}  // namespace anneal::config

#endif  // ANNEAL_CONFIG_DIFF_H_
