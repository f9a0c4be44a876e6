#include "registry/registry_index.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "registry/known_components.h"

namespace anneal {
namespace {

constexpr char kEngineScope[] = "anneal";
constexpr char kMmengineScope[] = "mmengine";
constexpr char kStruct[] = "google.protobuf.Struct";

// "Name" of "scope.Name", with the scope in `scope` ("" if there is none).
absl::string_view SplitScope(absl::string_view type, absl::string_view* scope) {
  const size_t dot = type.rfind('.');
  if (dot == absl::string_view::npos) {
    *scope = "";
    return type;
  }
  *scope = type.substr(0, dot);
  if (*scope == kMmengineScope) *scope = kEngineScope;
  return type.substr(dot + 1);
}

}  // namespace

RegistryIndex& RegistryIndex::Get() {
  static RegistryIndex* index = new RegistryIndex;
  return *index;
}

const config::ComponentClass* RegistryIndex::Add(
    absl::string_view kind, absl::string_view class_name,
    const google::protobuf::Message* config, const char* file) {
  const google::protobuf::Descriptor* type = config->GetDescriptor();
  const bool is_struct = type->full_name() == kStruct;
  auto entry = std::make_unique<Entry>();
  entry->component = {std::string(class_name), config};
  entry->scope = is_struct ? "" : type->file()->package();
  entry->file = file;
  auto& entries = kinds_[std::string(kind)];
  for (const auto& other : entries) {
    const bool same_name =
        other->component.name == class_name && other->scope == entry->scope;
    const bool same_config =
        !is_struct && other->component.config->GetDescriptor() == type;
    if (!same_name && !same_config) continue;
    // No logger is set up before main.
    std::fprintf(stderr,
                 "%s and %s both register a %s called %s or with config %s; "
                 "rename one\n",
                 other->file.c_str(), file, std::string(kind).c_str(),
                 entry->component.name.c_str(), type->full_name().c_str());
    std::abort();
  }
  entries.push_back(std::move(entry));
  return &entries.back()->component;
}

void RegistryIndex::Remove(absl::string_view kind,
                           absl::string_view class_name) {
  auto& entries = kinds_[std::string(kind)];
  entries.erase(std::remove_if(entries.begin(), entries.end(),
                               [&](const std::unique_ptr<Entry>& entry) {
                                 return entry->component.name == class_name;
                               }),
                entries.end());
}

const config::ComponentClass* RegistryIndex::Find(
    absl::string_view kind, absl::string_view type) const {
  auto it = kinds_.find(kind);
  if (it == kinds_.end()) return nullptr;
  absl::string_view scope;
  const absl::string_view name = SplitScope(type, &scope);
  const Entry* found = nullptr;
  for (const auto& entry : it->second) {
    const bool by_name = entry->component.name == name &&
                         (scope.empty() || scope == entry->scope);
    const bool by_message =
        type == entry->component.config->GetDescriptor()->full_name() &&
        type != kStruct;
    if (!by_name && !by_message) continue;
    if (found == nullptr || entry->scope == kEngineScope) found = entry.get();
  }
  return found == nullptr ? nullptr : &found->component;
}

const config::ComponentClass* RegistryIndex::FindByMessage(
    absl::string_view full_name) const {
  for (const auto& [kind, entries] : kinds_) {
    for (const auto& entry : entries) {
      const auto* type = entry->component.config->GetDescriptor();
      if (type->full_name() == full_name) return &entry->component;
    }
  }
  return nullptr;
}

std::vector<std::string> RegistryIndex::Names(absl::string_view kind) const {
  std::vector<std::string> names;
  if (auto it = kinds_.find(kind); it != kinds_.end()) {
    for (const auto& entry : it->second) names.push_back(entry->component.name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string RegistryIndex::ProvidedBy(absl::string_view kind,
                                      absl::string_view type) const {
  absl::string_view scope;
  return KnownComponentTarget(kind, SplitScope(type, &scope));
}

std::vector<std::string> RegistryIndex::Kinds() const {
  std::vector<std::string> kinds;
  for (const auto& [kind, entries] : kinds_) kinds.push_back(kind);
  return kinds;
}

absl::Status RegistryIndex::NotLinked(absl::string_view kind,
                                      absl::string_view type) const {
  return absl::NotFoundError(config::NotLinkedMessage(*this, kind, type));
}

}  // namespace anneal
