// The variables of a `.py` config.
#ifndef ANNEAL_CONFIG_PYTHON_NAMES_H_
#define ANNEAL_CONFIG_PYTHON_NAMES_H_

#include <string>
#include <unordered_map>
#include <vector>

#include "config/python/value.h"

namespace anneal::config::python {

// In order of their first assignment.
class Names {
 public:
  struct Variable {
    std::string name;
    Value value;
    Mark mark;  // of the name where it was last assigned
    bool is_there = true;
  };

  const Value* Find(const std::string& name) const {
    const auto it = positions_.find(name);
    return it == positions_.end() ? nullptr : &variables_[it->second].value;
  }
  void Set(const std::string& name, const Value& value, Mark mark) {
    const auto [it, is_new] = positions_.emplace(name, variables_.size());
    if (is_new) {
      variables_.push_back({name, value, mark});
    } else {
      variables_[it->second].value = value;
      variables_[it->second].mark = mark;
    }
  }
  bool Erase(const std::string& name) {
    const auto it = positions_.find(name);
    if (it == positions_.end()) return false;
    variables_[it->second].is_there = false;
    positions_.erase(it);
    return true;
  }
  // Skip those that are no longer there.
  const std::vector<Variable>& variables() const { return variables_; }

 private:
  std::vector<Variable> variables_;
  std::unordered_map<std::string, size_t> positions_;
};

}  // namespace anneal::config::python

#endif  // ANNEAL_CONFIG_PYTHON_NAMES_H_
