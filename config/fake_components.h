// Registered classes without a registry, for tests.
#ifndef ANNEAL_CONFIG_FAKE_COMPONENTS_H_
#define ANNEAL_CONFIG_FAKE_COMPONENTS_H_

#include <google/protobuf/message.h>
#include <google/protobuf/struct.pb.h>

#include <algorithm>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "config/components.h"
#include "config/test_schema.pb.h"

namespace anneal::config {

// Optimizers SGD and Adam, the sampler DefaultSampler, the hooks TimerHook,
// EmptyHook, and MyHook of scope mylib, which takes any fields; the optimizer
// Lion is known, but not linked.
class FakeComponents : public Components {
 public:
  FakeComponents() {
    Add("optimizer", "SGD", "anneal", config_test::SGDConfig());
    Add("optimizer", "Adam", "anneal", config_test::AdamConfig());
    Add("sampler", "DefaultSampler", "anneal",
        config_test::DefaultSamplerConfig());
    Add("hook", "TimerHook", "anneal", config_test::TimerHookConfig());
    Add("hook", "EmptyHook", "anneal", config_test::EmptyHookConfig());
    Add("hook", "MyHook", "mylib", google::protobuf::Struct());
  }

  template <typename Config>
  void Add(const std::string& kind, const std::string& name,
           const std::string& scope, const Config&) {
    classes_.push_back({kind, {name, scope, &Config::default_instance()}});
  }

  const ComponentClass* Find(absl::string_view kind,
                             absl::string_view type) const override {
    for (const auto& [its_kind, component] : classes_) {
      if (its_kind != kind) continue;
      if (component.name == type || component.ScopedName() == type ||
          component.config->GetDescriptor()->full_name() == type) {
        return &component;
      }
    }
    return nullptr;
  }
  const ComponentClass* FindByMessage(
      absl::string_view full_name) const override {
    for (const auto& [kind, component] : classes_) {
      if (component.config->GetDescriptor()->full_name() == full_name) {
        return &component;
      }
    }
    return nullptr;
  }
  std::vector<std::string> Names(absl::string_view kind) const override {
    std::vector<std::string> names;
    for (const auto& [its_kind, component] : classes_) {
      if (its_kind == kind) names.push_back(component.name);
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  std::string ProvidedBy(absl::string_view kind,
                         absl::string_view type) const override {
    return kind == "optimizer" && type == "Lion" ? "//optim:lion" : "";
  }

 private:
  std::deque<std::pair<std::string, ComponentClass>> classes_;
};

}  // namespace anneal::config

#endif  // ANNEAL_CONFIG_FAKE_COMPONENTS_H_
