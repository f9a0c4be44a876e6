// The name of an object's class, for people.
#ifndef ANNEAL_UTILS_CLASS_NAME_H_
#define ANNEAL_UTILS_CLASS_NAME_H_

#include <string>
#include <typeinfo>

namespace anneal {

// "EMAHook" for typeid of an anneal::(anonymous namespace)::EMAHook.
std::string ClassName(const std::type_info& type);

}  // namespace anneal

#endif  // ANNEAL_UTILS_CLASS_NAME_H_
