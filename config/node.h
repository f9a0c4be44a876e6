// One tree for every config syntax; each value knows where it was written.
#ifndef ANNEAL_CONFIG_NODE_H_
#define ANNEAL_CONFIG_NODE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace anneal::config {

// Where a value was written. `origin` is a file's path, or "--cfg-options"
// followed by the override.
struct Place {
  std::shared_ptr<const std::string> origin;
  // From 1; 0 where the origin has no lines.
  int line = 0;
  int column = 0;
  // What it took the place of and which references led here (provenance.h);
  // null for what was just written.
  std::shared_ptr<const std::string> history = nullptr;

  // "configs/lenet.yaml:12:7", or the origin alone.
  std::string ToString() const;
  // With the history behind it, on one line: "a.yaml:12:7, over 0.1 at
  // base.yaml:1:4".
  std::string Provenance() const;
};

// InvalidArgument: "file:line:col: message".
absl::Status ErrorAt(const Place& place, absl::string_view message);

// What a list was in Python, the only syntax that tells these apart.
enum class ListKind { kList, kTuple, kSet };

// None, bool, integer, real, string, list or dict.
struct Node {
  struct None {};
  using List = std::vector<Node>;
  struct Entry;
  // In file order, keys unique.
  using Map = std::vector<Entry>;

  std::variant<None, bool, int64_t, double, std::string, List, Map> value;
  // Of a list; of anything else it says nothing. Whoever takes lists takes
  // tuples and sets too.
  ListKind list_kind = ListKind::kList;
  Place place;

  Node() = default;
  template <typename T>
  Node(T content, Place place)
      : value(std::move(content)), place(std::move(place)) {}

  template <typename T>
  const T* get_if() const {
    return std::get_if<T>(&value);
  }
  template <typename T>
  T* get_if() {
    return std::get_if<T>(&value);
  }
  bool is_none() const { return std::holds_alternative<None>(value); }

  // The value of `key` if this is a dict that has it, else null.
  const Node* Find(absl::string_view key) const;
  Node* Find(absl::string_view key);
  // Sets `key` of this dict, at the end where it was absent. Dies if this is no
  // dict.
  void Set(absl::string_view key, Node child);
  void Erase(absl::string_view key);

  // "none", "a bool", "an integer", "a number", "a string", "a list" or "a
  // dict".
  absl::string_view kind() const;
};

struct Node::Entry {
  std::string key;
  Place place;  // of the key
  Node value;
  // A `.py` config's key may be no string: 0, None, (1, 2). `key` is then as
  // Python writes it.
  bool is_string_key = true;
};

// Whether both hold the same values, wherever they were written. Neither the
// order of keys nor the kind of a list counts: most syntaxes write neither.
bool SameContent(const Node& a, const Node& b);

// Number of nodes of the tree.
int64_t TreeSize(const Node& node);

}  // namespace anneal::config

#endif  // ANNEAL_CONFIG_NODE_H_
