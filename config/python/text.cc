#include "config/python/text.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "utils/real_text.h"

namespace anneal::config::python {
namespace {

class ReprWriter {
 public:
  ReprWriter(Heap* heap, std::string* out) : heap_(heap), out_(*out) {}

  void Write(const Value& value, int depth) {
    if (!heap_->Spend(1) || out_.size() > kMaxText) return;
    if (depth > kMaxValueDepth) {
      heap_->NoteDepth();
      return;
    }
    if (const std::string* text = TextOf(value)) {
      if (heap_->Spend(text->size() / 16)) out_ += QuotedText(*text);
    } else if (const List* list = value.get<List>()) {
      WriteList(*list, depth);
    } else if (const Dict* dict = value.get<Dict>()) {
      out_ += '{';
      const char* separator = "";
      for (const Table::Slot& slot : dict->table.slots) {
        out_ += separator;
        separator = ", ";
        Write(slot.key, depth + 1);
        out_ += ": ";
        Write(slot.value, depth + 1);
      }
      out_ += '}';
    } else if (const Set* set = value.get<Set>()) {
      out_ += set->table.slots.empty() ? "set(" : "{";
      const char* separator = "";
      for (const Table::Slot& slot : set->table.slots) {
        out_ += separator;
        separator = ", ";
        Write(slot.key, depth + 1);
      }
      out_ += set->table.slots.empty() ? ")" : "}";
    } else {
      WriteScalar(value);
    }
  }

 private:
  void WriteList(const List& list, int depth) {
    out_ += list.is_tuple ? '(' : '[';
    const char* separator = "";
    for (const Value& item : list.items) {
      out_ += separator;
      separator = ", ";
      Write(item, depth + 1);
    }
    if (list.is_tuple && list.items.size() == 1) out_ += ',';
    out_ += list.is_tuple ? ')' : ']';
  }

  void WriteScalar(const Value& value) {
    if (value.is_none()) {
      out_ += "None";
    } else if (const auto* flag = value.get_if<bool>()) {
      out_ += *flag ? "True" : "False";
    } else if (const auto* integer = value.get_if<int64_t>()) {
      absl::StrAppend(&out_, *integer);
    } else if (const auto* real = value.get_if<double>()) {
      out_ += RealText(*real);
    } else if (const Range* range = value.get<const Range>()) {
      absl::StrAppend(&out_, "range(", range->start, ", ", range->stop);
      if (range->step != 1) absl::StrAppend(&out_, ", ", range->step);
      out_ += ')';
    } else if (const Imported* imported = value.get<const Imported>()) {
      out_ += imported->name;
    } else if (const Module* module = value.get<const Module>()) {
      absl::StrAppend(&out_, "<module '", module->name, "'>");
    } else if (const Function* function = value.get<const Function>()) {
      absl::StrAppend(&out_, "<function ", function->name, ">");
    }
  }

  Heap* heap_;
  std::string& out_;
};

}  // namespace

std::string Repr(const Value& value, Heap* heap) {
  std::string text;
  ReprWriter(heap, &text).Write(value, 0);
  return text;
}

std::string Str(const Value& value, Heap* heap) {
  if (const std::string* text = TextOf(value)) return *text;
  return Repr(value, heap);
}

std::string QuotedText(absl::string_view text) {
  const char quote =
      absl::StrContains(text, '\'') && !absl::StrContains(text, '"') ? '"'
                                                                     : '\'';
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if ((c >= 0 && c < ' ') || c == 0x7F) {
      absl::StrAppendFormat(&out, "\\x%02x", c);
    } else {
      out += c;
    }
  }
  return out + quote;
}

std::vector<absl::string_view> Characters(absl::string_view text) {
  std::vector<absl::string_view> characters;
  for (size_t i = 0; i < text.size();) {
    size_t size = 1;
    while (i + size < text.size() && (text[i + size] & 0xC0) == 0x80) ++size;
    characters.push_back(text.substr(i, size));
    i += size;
  }
  return characters;
}

int64_t CountCharacters(absl::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (c & 0xC0) != 0x80; });
}

}  // namespace anneal::config::python
