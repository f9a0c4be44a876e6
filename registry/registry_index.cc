#include "registry/registry_index.h"

#include <cxxabi.h>
#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "registry/known_components.h"

namespace anneal {
namespace {

using config::ComponentClass;

constexpr char kRootScope[] = "anneal";
constexpr char kMmengineScope[] = "mmengine";
constexpr char kTorchPackage[] = "torch";
constexpr char kStruct[] = "google.protobuf.Struct";

// "Name" of "scope.Name", with the scope in `scope` ("" if there is none).
absl::string_view SplitScope(absl::string_view type, absl::string_view* scope) {
  const size_t dot = type.rfind('.');
  if (dot == absl::string_view::npos) {
    *scope = "";
    return type;
  }
  *scope = type.substr(0, dot);
  // A lazy .py config names classes by their Python modules:
  // "mmengine.hooks.EMAHook", "torch.optim.SGD".
  const absl::string_view package = scope->substr(0, scope->find('.'));
  if (package == kMmengineScope || package == kTorchPackage) {
    *scope = kRootScope;
  }
  return type.substr(dot + 1);
}

// "a" of "a.b", "" of "a".
absl::string_view ParentOf(absl::string_view scope) {
  const size_t dot = scope.rfind('.');
  return dot == absl::string_view::npos ? "" : scope.substr(0, dot);
}

const std::string& ConfigName(const RegistryIndex::Entry& entry) {
  return entry.component.config->GetDescriptor()->full_name();
}

const ComponentClass* FindIn(const RegistryIndex::Entries& entries,
                             absl::string_view scope, absl::string_view name) {
  for (const auto& entry : entries) {
    const ComponentClass& component = entry->component;
    if (component.scope == scope && component.name == name) return &component;
  }
  return nullptr;
}

// The class of that name if only one scope has it.
const ComponentClass* FindOnly(const RegistryIndex::Entries& entries,
                               absl::string_view name) {
  const ComponentClass* found = nullptr;
  for (const auto& entry : entries) {
    if (entry->component.name != name) continue;
    if (found != nullptr) return nullptr;
    found = &entry->component;
  }
  return found;
}

// "anneal::Hook".
std::string NameOf(const std::type_info& type) {
  int status;
  char* name = abi::__cxa_demangle(type.name(), nullptr, nullptr, &status);
  const std::string result = status == 0 ? name : type.name();
  std::free(name);
  return result;
}

}  // namespace

RegistryIndex& RegistryIndex::Get() {
  static RegistryIndex* index = new RegistryIndex;
  return *index;
}

const ComponentClass* RegistryIndex::Add(
    absl::string_view kind, absl::string_view class_name,
    const google::protobuf::Message* config, const char* file,
    const char* scope) {
  const google::protobuf::Descriptor* type = config->GetDescriptor();
  const bool is_struct = type->full_name() == kStruct;
  auto entry = std::make_shared<Entry>();
  entry->component.name = std::string(class_name);
  entry->component.scope = scope       ? scope
                           : is_struct ? ""
                                       : type->file()->package();
  entry->component.config = config;
  entry->file = file;
  Entries& entries = kinds_[std::string(kind)];
  for (const auto& other : entries) {
    const bool same_name =
        other->component.ScopedName() == entry->component.ScopedName();
    const bool same_config =
        !is_struct && other->component.config->GetDescriptor() == type;
    if (!same_name && !same_config) continue;
    // No logger is set up before main.
    if (same_name) {
      std::fprintf(stderr,
                   "%s and %s both register a %s called %s; rename one\n",
                   other->file.c_str(), file, std::string(kind).c_str(),
                   entry->component.ScopedName().c_str());
    } else {
      std::fprintf(stderr,
                   "%s and %s both register a %s with config %s, so the config "
                   "does not tell which is meant; give %s a message of its "
                   "own\n",
                   other->file.c_str(), file, std::string(kind).c_str(),
                   type->full_name().c_str(), entry->component.name.c_str());
    }
    std::abort();
  }
  entries.push_back(std::move(entry));
  return &entries.back()->component;
}

void RegistryIndex::Declare(absl::string_view kind,
                            const std::type_info& base) {
  const std::string name = NameOf(base);
  const auto [it, is_new] = bases_.emplace(kind, name);
  if (is_new || it->second == name) return;
  // No logger is set up before main.
  std::fprintf(stderr,
               "%s and %s both have a registry of the kind \"%s\"; give one "
               "another kind\n",
               it->second.c_str(), name.c_str(), it->first.c_str());
  std::abort();
}

const ComponentClass* RegistryIndex::Find(absl::string_view kind,
                                          absl::string_view type) const {
  auto it = kinds_.find(kind);
  if (it == kinds_.end()) return nullptr;
  const Entries& entries = it->second;
  if (type != kStruct) {
    for (const auto& entry : entries) {
      if (type == ConfigName(*entry)) return &entry->component;
    }
  }
  absl::string_view scope;
  const absl::string_view name = SplitScope(type, &scope);
  if (scope.empty()) {
    const ComponentClass* found = FindIn(entries, kRootScope, name);
    if (found == nullptr) found = FindIn(entries, "", name);
    return found != nullptr ? found : FindOnly(entries, name);
  }
  // "mmdet.models.RetinaNet": the scope is "mmdet".
  while (!scope.empty() && !HasScope(scope)) scope = ParentOf(scope);
  if (scope.empty()) return nullptr;
  for (; !scope.empty(); scope = ParentOf(scope)) {
    const ComponentClass* found = FindIn(entries, scope, name);
    if (found != nullptr) return found;
  }
  return FindIn(entries, kRootScope, name);
}

bool RegistryIndex::HasScope(absl::string_view scope) const {
  if (scope == kRootScope) return true;
  for (const auto& [kind, entries] : kinds_) {
    for (const auto& entry : entries) {
      absl::string_view other = entry->component.scope;
      if (absl::ConsumePrefix(&other, scope) &&
          (other.empty() || other[0] == '.')) {
        return true;
      }
    }
  }
  return false;
}

const ComponentClass* RegistryIndex::FindByMessage(
    absl::string_view full_name) const {
  if (full_name == kStruct) return nullptr;
  for (const auto& [kind, entries] : kinds_) {
    for (const auto& entry : entries) {
      if (ConfigName(*entry) == full_name) return &entry->component;
    }
  }
  return nullptr;
}

std::vector<std::string> RegistryIndex::Names(absl::string_view kind) const {
  std::vector<std::string> names;
  for (const auto& entry : entries(kind)) {
    const ComponentClass& component = entry->component;
    const bool name_finds_it = Find(kind, component.name) == &component;
    names.push_back(name_finds_it ? component.name : component.ScopedName());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string RegistryIndex::ProvidedBy(absl::string_view kind,
                                      absl::string_view type) const {
  absl::string_view scope;
  const absl::string_view name = SplitScope(type, &scope);
  if (!scope.empty() && scope != kRootScope) return "";
  return KnownComponentTarget(kind, name);
}

std::vector<std::string> RegistryIndex::Kinds() const {
  std::vector<std::string> kinds;
  for (const auto& [kind, entries] : kinds_) {
    if (!entries.empty()) kinds.push_back(kind);
  }
  return kinds;
}

std::vector<std::string> RegistryIndex::Scopes() const {
  std::set<std::string> scopes;
  for (const auto& [kind, entries] : kinds_) {
    for (const auto& entry : entries) {
      for (std::string scope = entry->component.scope; !scope.empty();
           scope = ParentScope(scope)) {
        scopes.insert(scope);
      }
    }
  }
  std::vector<std::string> sorted(scopes.begin(), scopes.end());
  std::stable_partition(
      sorted.begin(), sorted.end(),
      [](const std::string& scope) { return scope == kRootScope; });
  return sorted;
}

absl::Status RegistryIndex::NotLinked(absl::string_view kind,
                                      absl::string_view type) const {
  return absl::NotFoundError(config::NotLinkedMessage(*this, kind, type));
}

RegistryIndex::Entries RegistryIndex::entries(absl::string_view kind) const {
  auto it = kinds_.find(kind);
  return it == kinds_.end() ? Entries() : it->second;
}

void RegistryIndex::set_entries(absl::string_view kind, Entries entries) {
  kinds_[std::string(kind)] = std::move(entries);
}

std::pair<std::string, std::string> SplitScopeKey(absl::string_view type) {
  absl::string_view scope;
  const absl::string_view name = SplitScope(type, &scope);
  return {std::string(scope), std::string(name)};
}

std::string ParentScope(absl::string_view scope) {
  if (scope.empty() || scope == kRootScope) return "";
  const absl::string_view parent = ParentOf(scope);
  return std::string(parent.empty() ? kRootScope : parent);
}

}  // namespace anneal
