// How a value came to be where it is.
#ifndef ANNEAL_CONFIG_PROVENANCE_H_
#define ANNEAL_CONFIG_PROVENANCE_H_

#include "absl/strings/string_view.h"
#include "config/node.h"

namespace anneal::config {

// These add to Place::history, which --provenance shows; a history of a
// thousand characters grows no further.

// `*node` took the place of `old`: "over 0.1 at base.yaml:1:4".
void NoteReplaced(const Node& old, Node* node);

// `*node` is what the reference `text` at `place` stands for: "by {{ _base_.lr
// }} at config.yaml:2:5".
void NoteReference(absl::string_view text, const Place& place, Node* node);

// A string is made with what stands for the reference `text` inside it: "with
// {{ _base_.lr }} from base.yaml:1:4".
void NoteInserted(absl::string_view text, const Place& from, Node* node);

}  // namespace anneal::config

#endif  // ANNEAL_CONFIG_PROVENANCE_H_
