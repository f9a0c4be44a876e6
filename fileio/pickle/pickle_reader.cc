#include "fileio/pickle/pickle_reader.h"

#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "fileio/pickle/numpy_pickle.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr char kGlobalKey[] = "__global__";

absl::Status Bad(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(": ", what));
}

// `status` of the value at `place` in its parent: ".key.place: what".
absl::Status At(absl::string_view place, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(place, status.message()));
}

class ValueMaker {
 public:
  // At most `max_values` Values, nested `max_depth` deep.
  ValueMaker(const StorageLoader& storages, int64_t max_values, int max_depth)
      : storages_(storages), left_(max_values), max_depth_(max_depth) {}

  absl::StatusOr<Value> Make(const PickleNode& node, int depth = 0) {
    if (depth > max_depth_) {
      return Bad(absl::StrCat("nested more than ", max_depth_, " deep"));
    }
    RETURN_IF_ERROR(Count(0));
    if (const auto* flag = node.get_if<bool>()) return Value(*flag);
    if (const auto* integer = node.get_if<int64_t>()) return Value(*integer);
    if (const auto* real = node.get_if<double>()) return Value(*real);
    if (const auto* text = node.get_if<absl::string_view>()) {
      RETURN_IF_ERROR(Count(text->size()));
      return Value(*text);
    }
    if (const auto* global = node.get_if<PickleGlobal>()) {
      return Named(*global);
    }
    if (const auto* sequence = node.get_if<PickleSequence>()) {
      return List(sequence->items, depth);
    }
    if (const auto* dict = node.get_if<PickleDict>()) {
      return Pairs(dict->items, depth);
    }
    if (node.get_if<PickleCall>()) return Result(node, depth);
    if (node.get_if<PickleReference>()) {
      return Bad("a bare storage; save tensors instead");
    }
    return Value();
  }

 private:
  // Counts a value and the bytes it copies.
  absl::Status Count(size_t bytes) {
    left_ -= 1 + static_cast<int64_t>(bytes / 64);
    if (left_ >= 0) return absl::OkStatus();
    return Bad(
        "more values than a pickle of this size may have: its parts refer to "
        "each other too often");
  }

  absl::StatusOr<Value> Named(const PickleGlobal& global) {
    RETURN_IF_ERROR(Count(global.name.size()));
    return Value(Dict{{kGlobalKey, global.name}});
  }

  absl::StatusOr<Value> List(const PickleNodes& items, int depth) {
    Value::List list;
    for (const PickleNode* item : items) {
      absl::StatusOr<Value> value = Make(*item, depth + 1);
      if (!value.ok()) {
        return At(absl::StrCat("[", list.size(), "]"), value.status());
      }
      list.push_back(*std::move(value));
    }
    return Value(std::move(list));
  }

  // Key, value, key, value ...
  absl::StatusOr<Value> Pairs(const PickleNodes& items, int depth) {
    Dict dict;
    for (size_t i = 0; i < items.size(); i += 2) {
      Dict::Key key;
      if (const auto* text = items[i]->get_if<absl::string_view>()) {
        RETURN_IF_ERROR(Count(text->size()));
        key = std::string(*text);
      } else if (const auto* integer = items[i]->get_if<int64_t>()) {
        key = *integer;
      } else {
        return Bad("a dict's key is neither text nor integer");
      }
      absl::StatusOr<Value> value = Make(*items[i + 1], depth + 1);
      if (!value.ok()) {
        return At(absl::StrCat(".", KeyString(key)), value.status());
      }
      dict.Set(std::move(key), *std::move(value));
    }
    return Value(std::move(dict));
  }

  // What a call would have made.
  absl::StatusOr<Value> Result(const PickleNode& node, int depth) {
    const PickleCall& call = *node.get_if<PickleCall>();
    const std::string& name = call.callee->name;
    const PickleNodes& args = call.args->items;
    if (IsRebuild(name)) return Tensor(call);
    if (name == "collections.OrderedDict" && args.empty()) {
      return Pairs(call.items, depth);
    }
    if ((name == "torch.Size" || name == "builtins.set") && args.size() == 1) {
      return Make(*args[0], depth + 1);
    }
    if (auto bytes = PickledBytes(call)) {
      RETURN_IF_ERROR(Count(bytes->size()));
      return Value(Value::Bytes{*std::move(bytes)});
    }
    ASSIGN_OR_RETURN(absl::optional<Value> number, Numpy(call));
    if (number) return *std::move(number);
    if (!in_progress_.insert(&call).second) return Named(*call.callee);
    absl::StatusOr<Value> value =
        name == "mmengine.logging.history_buffer.HistoryBuffer"
            ? HistoryBuffer(call, depth)
            : Inert(call, depth);
    in_progress_.erase(&call);
    return value;
  }

  absl::StatusOr<Value> Tensor(const PickleCall& call) {
    auto it = tensors_.find(&call);
    if (it == tensors_.end()) {
      absl::StatusOr<at::Tensor> tensor = RebuildTensor(call, storages_);
      if (!tensor.ok()) return At(": ", tensor.status());
      it = tensors_.emplace(&call, *std::move(tensor)).first;
    }
    return Value(it->second);
  }

  absl::StatusOr<absl::optional<Value>> Numpy(const PickleCall& call) {
    auto it = numpy_.find(&call);
    if (it != numpy_.end()) return absl::optional<Value>(it->second);
    absl::StatusOr<absl::optional<Value>> value = PickledNumpy(call);
    if (!value.ok()) return At(": ", value.status());
    if (*value) numpy_.emplace(&call, **value);
    return value;
  }

  absl::StatusOr<Value> Inert(const PickleCall& call, int depth) {
    ASSIGN_OR_RETURN(Value named, Named(*call.callee));
    Dict& dict = *named.get_if<Dict>();
    ASSIGN_OR_RETURN(dict["args"], List(call.args->items, depth + 1));
    if (call.state) {
      ASSIGN_OR_RETURN(dict["state"], Make(*call.state, depth + 1));
    }
    if (!call.items.empty()) {
      ASSIGN_OR_RETURN(dict["items"], Pairs(call.items, depth + 1));
    }
    if (!call.appended.empty()) {
      ASSIGN_OR_RETURN(dict["appended"], List(call.appended, depth + 1));
    }
    return named;
  }

  // Its state without its methods, under the names that Anneal's has.
  absl::StatusOr<Value> HistoryBuffer(const PickleCall& call, int depth) {
    ASSIGN_OR_RETURN(const Value inert, Inert(call, depth));
    const Value* state = inert.get_if<Dict>()->Find("state");
    const Dict* attributes = state ? state->get_if<Dict>() : nullptr;
    if (attributes == nullptr) return inert;
    Dict history;
    for (absl::string_view name :
         {"_log_history", "_count_history", "max_length"}) {
      const Value* value = attributes->Find(name);
      if (value == nullptr) return inert;
      history[absl::StripPrefix(name, "_")] = *value;
    }
    return Value(std::move(history));
  }

  const StorageLoader& storages_;
  int64_t left_;
  const int max_depth_;
  absl::flat_hash_set<const PickleCall*> in_progress_;
  absl::flat_hash_map<const PickleCall*, at::Tensor> tensors_;
  absl::flat_hash_map<const PickleCall*, Value> numpy_;
};

}  // namespace

absl::StatusOr<PickleResult> ReadPickle(absl::string_view bytes,
                                        const StorageLoader& storages,
                                        const PickleLimits& limits) {
  ASSIGN_OR_RETURN(const PickleGraph graph, RunPickle(bytes, limits));
  const int64_t max_values =
      limits.values + 8 * static_cast<int64_t>(graph.size);
  absl::StatusOr<Value> value =
      ValueMaker(storages, max_values, limits.depth).Make(*graph.root);
  if (value.ok()) return PickleResult{*std::move(value), graph.size};
  const absl::string_view message = value.status().message();
  return absl::Status(value.status().code(),
                      absl::StartsWith(message, ": ")
                          ? absl::StrCat("pickle", message)
                          : std::string(absl::StripPrefix(message, ".")));
}

}  // namespace anneal
