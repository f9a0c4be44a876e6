// The characters of a trained text model.
#ifndef ANNEAL_EXAMPLES_SHAKESPEARE_VOCABULARY_H_
#define ANNEAL_EXAMPLES_SHAKESPEARE_VOCABULARY_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "utils/value.h"

namespace anneal {

// Texts as the numbers that a CharDataset gave their characters, which its
// runs save in meta.dataset_meta.vocab.
class Vocabulary {
 public:
  // `path` names the checkpoint in errors. InvalidArgument for one without
  // characters.
  static absl::StatusOr<Vocabulary> Of(const Dict& checkpoint,
                                       const std::string& path);

  // The numbers of a text's T characters, int64 [1, T]. InvalidArgument for one
  // that is not UTF-8 or has a character that the vocabulary lacks.
  absl::StatusOr<at::Tensor> Encode(const std::string& text) const;

  // The text of int64 [1, T]; "?" for numbers that no character has.
  std::string Decode(const at::Tensor& tokens) const;

 private:
  // The characters that can be seen.
  std::string Printable() const;

  std::vector<std::string> characters_;
  std::map<std::string, int64_t> numbers_;
};

}  // namespace anneal

#endif  // ANNEAL_EXAMPLES_SHAKESPEARE_VOCABULARY_H_
