// What the .proto files say about the linked config messages.
#ifndef ANNEAL_REGISTRY_SCHEMA_COMMENTS_H_
#define ANNEAL_REGISTRY_SCHEMA_COMMENTS_H_

#include <string>

#include "absl/strings/string_view.h"

namespace anneal {

// Adds the comments of a serialized FileDescriptorSet with source info, which
// must live as long as the program; what the code that schema_comments.bzl
// makes calls before main. Gives true.
bool AddSchemaComments(absl::string_view descriptor_set);

// The comment before a message ("anneal.SGDConfig") or a field
// ("anneal.SGDConfig.lr") in its .proto file, its lines without "//" and joined
// where they form a paragraph; "" where there is none or its file is not
// linked. Thread-safe after start-up.
std::string SchemaComment(absl::string_view full_name);

}  // namespace anneal

#endif  // ANNEAL_REGISTRY_SCHEMA_COMMENTS_H_
