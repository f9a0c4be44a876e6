#include "config/components.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "utils/nearest_name.h"

namespace anneal::config {

std::string ComponentClass::ScopedName() const {
  return scope.empty() ? name : absl::StrCat(scope, ".", name);
}

const ComponentClass* DefaultScope::Find(absl::string_view kind,
                                         absl::string_view type) const {
  if (!scope_.empty() && !absl::StrContains(type, '.')) {
    const ComponentClass* found =
        components_.Find(kind, absl::StrCat(scope_, ".", type));
    if (found != nullptr) return found;
  }
  return components_.Find(kind, type);
}

const ComponentClass* DefaultScope::FindByMessage(
    absl::string_view full_name) const {
  return components_.FindByMessage(full_name);
}

std::vector<std::string> DefaultScope::Names(absl::string_view kind) const {
  return components_.Names(kind);
}

std::string DefaultScope::ProvidedBy(absl::string_view kind,
                                     absl::string_view type) const {
  return components_.ProvidedBy(kind, type);
}

NotLinked ExplainNotLinked(const Components& components, absl::string_view kind,
                           absl::string_view type) {
  NotLinked result;
  result.what =
      absl::StrCat("no ", kind, " \"", type, "\" is linked into this program");
  const std::string target = components.ProvidedBy(kind, type);
  if (!target.empty()) {
    absl::StrAppend(&result.what, "; add \"", target,
                    "\" to the deps of its BUILD target");
    return result;
  }
  const std::vector<std::string> names = components.Names(kind);
  const std::string hint = DidYouMean(type, names);
  absl::StrAppend(&result.what, hint);
  result.linked = absl::StrCat(
      names.empty()  ? "; no class of this kind is linked"
      : hint.empty() ? "; linked: "
                     : " Linked: ",
      absl::StrJoin(names, ", "),
      ". A class of your own must be registered by ANNEAL_REGISTER and its "
      "target, with alwayslink = True, be among the deps");
  return result;
}

std::string NotLinkedMessage(const Components& components,
                             absl::string_view kind, absl::string_view type) {
  const NotLinked parts = ExplainNotLinked(components, kind, type);
  return parts.what + parts.linked;
}

}  // namespace anneal::config
