#include "examples/shakespeare/vocabulary.h"

#include <ATen/ops/tensor.h>

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "fileio/utf8.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// `key` of a value that is a dict and has it, else null.
const Value* Child(const Value* value, const char* key) {
  const auto* dict = value == nullptr ? nullptr : value->get_if<Dict>();
  return dict == nullptr ? nullptr : dict->Find(key);
}

}  // namespace

absl::StatusOr<Vocabulary> Vocabulary::Of(const Dict& checkpoint,
                                          const std::string& path) {
  const Value* vocab =
      Child(Child(checkpoint.Find("meta"), "dataset_meta"), "vocab");
  const auto* list = vocab ? vocab->get_if<Value::List>() : nullptr;
  if (list == nullptr || list->empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        path,
        ": has no meta.dataset_meta.vocab, the characters of the training "
        "text; take a checkpoint of a run on a CharDataset"));
  }
  Vocabulary vocabulary;
  for (const Value& item : *list) {
    ASSIGN_OR_RETURN(std::string character,
                     item.AsString(path + ": meta.dataset_meta.vocab"));
    vocabulary.numbers_.emplace(character, vocabulary.characters_.size());
    vocabulary.characters_.push_back(std::move(character));
  }
  return vocabulary;
}

absl::StatusOr<at::Tensor> Vocabulary::Encode(const std::string& text) const {
  if (!IsUtf8(text)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", absl::CHexEscape(text), "\" is not UTF-8; write it so"));
  }
  std::vector<int64_t> tokens;
  for (const char32_t point : CodePointsOf(text)) {
    std::string character;
    AppendUtf8(point, &character);
    const auto found = numbers_.find(character);
    if (found == numbers_.end()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the training text doesn't have the character \"",
          absl::Utf8SafeCEscape(character), "\"; it has: ", Printable()));
    }
    tokens.push_back(found->second);
  }
  return at::tensor(tokens, at::kLong).unsqueeze(0);
}

std::string Vocabulary::Decode(const at::Tensor& tokens) const {
  const at::Tensor row = tokens.cpu().contiguous();
  const auto* token = row.const_data_ptr<int64_t>();
  std::string text;
  for (int64_t i = 0; i < row.numel(); ++i) {
    const auto number = static_cast<size_t>(token[i]);
    text += number < characters_.size() ? characters_[number] : "?";
  }
  return text;
}

std::string Vocabulary::Printable() const {
  std::string all;
  for (const std::string& character : characters_) {
    if (character > " ") all += character;
  }
  return all;
}

}  // namespace anneal
