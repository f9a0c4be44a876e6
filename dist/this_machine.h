// What a rank knows of the machine that it runs on.
#ifndef ANNEAL_DIST_THIS_MACHINE_H_
#define ANNEAL_DIST_THIS_MACHINE_H_

#include <string>

namespace anneal::dist {

// The cores that this process may run on; at least 1.
int NumUsableCores();

// Another one each time a machine starts, the same in all its containers;
// empty where the system doesn't tell.
std::string BootId();

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_THIS_MACHINE_H_
