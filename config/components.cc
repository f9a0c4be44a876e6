#include "config/components.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "utils/nearest_name.h"

namespace anneal::config {

std::string NotLinkedMessage(const Components& components,
                             absl::string_view kind, absl::string_view type) {
  std::string message =
      absl::StrCat("no ", kind, " \"", type, "\" is linked into this program");
  const std::string target = components.ProvidedBy(kind, type);
  if (!target.empty()) {
    return absl::StrCat(message, "; add \"", target,
                        "\" to the deps of its BUILD target");
  }
  const std::vector<std::string> names = components.Names(kind);
  absl::StrAppend(
      &message, DidYouMean(type, names),
      names.empty() ? "; no class of this kind is linked" : "; linked: ",
      absl::StrJoin(names, ", "),
      ". A class of your own must be registered by "
      "ANNEAL_REGISTER and its target be among the deps");
  return message;
}

}  // namespace anneal::config
