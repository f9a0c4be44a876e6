// The suite that every communicator passes.
#ifndef ANNEAL_DIST_COMMUNICATOR_CONFORMANCE_H_
#define ANNEAL_DIST_COMMUNICATOR_CONFORMANCE_H_

#include <functional>
#include <memory>
#include <string>

#include "dist/communicator.h"

namespace anneal::dist {

// `make` is called once a test, on all ranks of a world in the same order.
struct CommunicatorImplementation {
  std::string name;
  std::function<std::unique_ptr<Communicator>()> make;
};

// Defined by the test that links the suite.
CommunicatorImplementation CommunicatorUnderTest();

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_COMMUNICATOR_CONFORMANCE_H_
