// A config that has a component of a class.
#ifndef ANNEAL_REGISTRY_EXAMPLE_CONFIG_H_
#define ANNEAL_REGISTRY_EXAMPLE_CONFIG_H_

#include <string>

#include "config/components.h"
#include "config/node.h"

namespace anneal {

// The piece of a run's config (config/runner.proto) around a component of
// `kind`, as {optim_wrapper: {optimizer: {type: SGD, lr: 0.1}}}: what must be
// given has a value of the right type, the rest is left out. The dict of the
// component alone where no class that `components` has takes that kind.
config::Node ExampleConfig(const config::Components& components,
                           const std::string& kind,
                           const config::ComponentClass& component_class);

// The component's dict alone.
config::Node ExampleComponent(const config::Components& components,
                              const std::string& kind,
                              const config::ComponentClass& component_class);

}  // namespace anneal

#endif  // ANNEAL_REGISTRY_EXAMPLE_CONFIG_H_
