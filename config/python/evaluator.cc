#include "config/python/evaluator.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "config/python/attributes.h"
#include "config/python/builtins.h"
#include "config/python/format.h"
#include "config/python/imports.h"
#include "config/python/items.h"
#include "config/python/location.h"
#include "config/python/operators.h"
#include "config/python/sets.h"
#include "config/python/text.h"
#include "utils/status_macros.h"

namespace anneal::config::python {
namespace {

constexpr char kBase[] = "_base_";

// What a bare name is that Python has and a config has not.
constexpr absl::string_view kRefusedBuiltins[] = {
    "__import__", "breakpoint", "bytes",     "classmethod", "compile",
    "complex",    "delattr",    "dir",       "eval",        "exec",
    "exit",       "filter",     "frozenset", "globals",     "hash",
    "help",       "id",         "input",     "iter",        "locals",
    "map",        "memoryview", "next",      "object",      "open",
    "print",      "property",   "quit",      "setattr",     "staticmethod",
    "super",      "type",       "vars"};

bool IsBase(const Expression &target) {
  const Name *name = target.get_if<Name>();
  return name != nullptr && name->id == kBase;
}

}  // namespace

absl::Status Evaluator::Run(const Block &block) {
  RETURN_IF_ERROR(RunBlock(block).status());
  return heap_->Check(block.empty() ? Mark() : block.back().mark);
}

absl::StatusOr<Evaluator::Flow> Evaluator::RunBlock(const Block &block) {
  for (const Statement &statement : block) {
    heap_->Spend(1);
    RETURN_IF_ERROR(heap_->Check(statement.mark));
    ASSIGN_OR_RETURN(const Flow flow, RunStatement(statement));
    if (flow != Flow::kNext) return flow;
  }
  return Flow::kNext;
}

absl::StatusOr<Evaluator::Flow> Evaluator::RunStatement(
    const Statement &statement) {
  const Mark mark = statement.mark;
  if (const auto *assign = statement.get_if<Assign>()) {
    if (assign->value == nullptr || IsBase(*assign->targets[0])) {
      return Flow::kNext;
    }
    ASSIGN_OR_RETURN(const Value value, Evaluate(*assign->value));
    for (const ExpressionPtr &target : assign->targets) {
      RETURN_IF_ERROR(AssignTo(*target, value));
    }
  } else if (const auto *augmented = statement.get_if<AugmentedAssign>()) {
    RETURN_IF_ERROR(RunAugmented(*augmented, mark));
  } else if (const auto *evaluate = statement.get_if<python::Evaluate>()) {
    RETURN_IF_ERROR(Evaluate(*evaluate->value).status());
  } else if (const auto *choice = statement.get_if<If>()) {
    for (const If::Branch &branch : choice->branches) {
      bool is_taken = branch.condition == nullptr;
      if (!is_taken) {
        ASSIGN_OR_RETURN(const Value condition, Evaluate(*branch.condition));
        is_taken = Truth(condition);
      }
      if (is_taken) return RunBlock(branch.body);
    }
  } else if (const auto *loop = statement.get_if<For>()) {
    return RunFor(*loop, mark);
  } else if (const auto *removal = statement.get_if<Delete>()) {
    for (const ExpressionPtr &target : removal->targets) {
      RETURN_IF_ERROR(RunDelete(*target));
    }
  } else if (const auto *claim = statement.get_if<Assert>()) {
    RETURN_IF_ERROR(RunAssert(*claim, mark));
  } else if (statement.get_if<Break>()) {
    return Flow::kBreak;
  } else if (statement.get_if<Continue>()) {
    return Flow::kContinue;
  } else if (const auto *import = statement.get_if<Import>()) {
    BindImport(*import, names_, &imported_, heap_);
  } else if (const auto *from = statement.get_if<ImportFrom>()) {
    RETURN_IF_ERROR(BindImportFrom(*from, names_, &imported_, heap_));
  }
  return Flow::kNext;
}

absl::StatusOr<Evaluator::Flow> Evaluator::RunFor(const For &statement,
                                                  Mark mark) {
  ASSIGN_OR_RETURN(const Value iterable, Evaluate(*statement.iterable));
  ASSIGN_OR_RETURN(const std::vector<Value> items,
                   ItemsOf(iterable, mark, heap_));
  for (const Value &item : items) {
    heap_->Spend(1);
    RETURN_IF_ERROR(heap_->Check(mark));
    RETURN_IF_ERROR(AssignTo(*statement.target, item));
    ASSIGN_OR_RETURN(const Flow flow, RunBlock(statement.body));
    if (flow == Flow::kBreak) return Flow::kNext;
  }
  return RunBlock(statement.otherwise);
}

absl::StatusOr<Location> Evaluator::Locate(const Expression &target) {
  Location location;
  if (const Name *name = target.get_if<Name>()) {
    location.name = &name->id;
  } else if (const Attribute *attribute = target.get_if<Attribute>()) {
    ASSIGN_OR_RETURN(location.object, Evaluate(*attribute->object));
    location.attribute = &attribute->name;
  } else {
    const Subscript *subscript = target.get_if<Subscript>();
    if (subscript == nullptr) {
      return heap_->Error(target.mark, "can't assign to this");
    }
    ASSIGN_OR_RETURN(location.object, Evaluate(*subscript->object));
    if (const Slice *slice = subscript->index->get_if<Slice>()) {
      location.is_slice = true;
      ASSIGN_OR_RETURN(location.start, Optional(slice->start));
      ASSIGN_OR_RETURN(location.stop, Optional(slice->stop));
      ASSIGN_OR_RETURN(location.step, Optional(slice->step));
    } else {
      ASSIGN_OR_RETURN(location.index, Evaluate(*subscript->index));
    }
  }
  return location;
}

absl::Status Evaluator::RunAugmented(const AugmentedAssign &statement,
                                     Mark mark) {
  ASSIGN_OR_RETURN(const Location location, Locate(*statement.target));
  const Mark place = statement.target->mark;
  ASSIGN_OR_RETURN(const Value old, location.name != nullptr
                                        ? LookUp(Name{*location.name}, place)
                                        : Load(location, place, heap_));
  ASSIGN_OR_RETURN(const Value operand, Evaluate(*statement.value));
  ASSIGN_OR_RETURN(const Value value,
                   ApplyInPlace(statement.op, old, operand, mark, heap_));
  RETURN_IF_ERROR(heap_->Check(mark));
  return Store(location, value, place, &variables(), heap_);
}

absl::Status Evaluator::AssignTo(const Expression &target, const Value &value) {
  if (const Display *display = target.get_if<Display>()) {
    return Unpack(display->items, value, target.mark);
  }
  ASSIGN_OR_RETURN(const Location location, Locate(target));
  return Store(location, value, target.mark, &variables(), heap_);
}

absl::Status Evaluator::Unpack(const Expressions &targets, const Value &value,
                               Mark mark) {
  ASSIGN_OR_RETURN(const std::vector<Value> items, ItemsOf(value, mark, heap_));
  const auto is_starred = [](const ExpressionPtr &target) {
    return target->get_if<Starred>() != nullptr;
  };
  const auto star = std::find_if(targets.begin(), targets.end(), is_starred);
  const bool has_star = star != targets.end();
  if (has_star && std::any_of(star + 1, targets.end(), is_starred)) {
    return heap_->Error(mark, "two \"*\" in one assignment");
  }
  const size_t count = targets.size() - has_star;
  if (has_star ? items.size() < count : items.size() != count) {
    return heap_->Error(
        mark, absl::StrCat(items.size(), " values for ",
                           has_star ? "at least " : "", count, " names"));
  }
  size_t next = 0;
  for (const ExpressionPtr &target : targets) {
    const Starred *starred = target->get_if<Starred>();
    if (starred == nullptr) {
      RETURN_IF_ERROR(AssignTo(*target, items[next++]));
      continue;
    }
    const size_t size = items.size() - count;
    RETURN_IF_ERROR(AssignTo(
        *starred->value,
        heap_->NewList({items.begin() + next, items.begin() + next + size},
                       value.mark)));
    next += size;
  }
  return absl::OkStatus();
}

absl::Status Evaluator::RunDelete(const Expression &target) {
  if (const Display *display = target.get_if<Display>()) {
    for (const ExpressionPtr &item : display->items) {
      RETURN_IF_ERROR(RunDelete(*item));
    }
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const Location location, Locate(target));
  if (location.name != nullptr) {
    if (names_->Erase(*location.name)) return absl::OkStatus();
    return LookUp(Name{*location.name}, target.mark).status();
  }
  return Remove(location, target.mark, heap_);
}

absl::Status Evaluator::RunAssert(const Assert &statement, Mark mark) {
  ASSIGN_OR_RETURN(const Value condition, Evaluate(*statement.condition));
  if (Truth(condition)) return absl::OkStatus();
  std::string message = "the assertion doesn't hold";
  if (statement.message) {
    ASSIGN_OR_RETURN(const Value text, Evaluate(*statement.message));
    absl::StrAppend(&message, ": ", Str(text, heap_));
  }
  return heap_->Error(mark, message);
}

absl::StatusOr<Value> Evaluator::Evaluate(const Expression &expression) {
  const Mark mark = expression.mark;
  heap_->Spend(1);
  RETURN_IF_ERROR(heap_->Check(mark));
  if (const auto *form = expression.get_if<Literal>()) {
    return Constant(*form, mark);
  }
  if (const auto *form = expression.get_if<Name>()) return LookUp(*form, mark);
  if (const auto *form = expression.get_if<CallExpression>()) {
    return CallFunction(*form, mark);
  }
  if (const auto *form = expression.get_if<Display>()) {
    return Items(*form, mark);
  }
  if (const auto *form = expression.get_if<DictDisplay>()) {
    return DictItems(*form, mark);
  }
  if (const auto *form = expression.get_if<Attribute>()) {
    ASSIGN_OR_RETURN(const Value object, Evaluate(*form->object));
    return GetAttribute(object, form->name, mark, heap_);
  }
  if (const auto *form = expression.get_if<Subscript>()) {
    return Index(*form, mark);
  }
  if (const auto *form = expression.get_if<Binary>()) {
    ASSIGN_OR_RETURN(const Value left, Evaluate(*form->left));
    ASSIGN_OR_RETURN(const Value right, Evaluate(*form->right));
    return Apply(form->op, left, right, mark, heap_);
  }
  if (const auto *form = expression.get_if<Unary>()) {
    ASSIGN_OR_RETURN(const Value operand, Evaluate(*form->operand));
    return Apply(form->op, operand, mark, heap_);
  }
  if (const auto *form = expression.get_if<Logical>()) {
    ASSIGN_OR_RETURN(const Value left, Evaluate(*form->left));
    if (Truth(left) != form->is_and) return left;
    return Evaluate(*form->right);
  }
  if (const auto *form = expression.get_if<Comparison>()) {
    return Compared(*form, mark);
  }
  if (const auto *form = expression.get_if<Conditional>()) {
    ASSIGN_OR_RETURN(const Value condition, Evaluate(*form->condition));
    return Evaluate(Truth(condition) ? *form->then : *form->otherwise);
  }
  if (const auto *form = expression.get_if<Comprehension>()) {
    return Comprehend(*form, mark);
  }
  if (const auto *form = expression.get_if<FormattedString>()) {
    return Formatted(*form, mark);
  }
  if (const auto *form = expression.get_if<BaseReference>()) {
    return Base(*form, mark);
  }
  return heap_->Error(mark, "\"*\" or a slice can't stand here");
}

absl::StatusOr<Value> Evaluator::Optional(const ExpressionPtr &expression) {
  return expression ? Evaluate(*expression) : absl::StatusOr<Value>(Value());
}

absl::StatusOr<Value> Evaluator::LookUp(const Name &name, Mark mark) {
  for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
    if (const Value *value = scope->Find(name.id)) return *value;
  }
  if (const Value *value = names_->Find(name.id)) return *value;
  if (const Native native = FindBuiltin(name.id)) {
    Function *function = heap_->New<Function>();
    function->name = name.id;
    function->native = native;
    return Value(static_cast<const Function *>(function), mark);
  }
  // What mmengine's configs find there; it is never "__main__".
  if (name.id == "__name__") return heap_->NewText("builtins", mark);
  const bool is_refused =
      std::find(std::begin(kRefusedBuiltins), std::end(kRefusedBuiltins),
                name.id) != std::end(kRefusedBuiltins);
  return heap_->Error(
      mark, is_refused
                ? absl::StrCat("a .py config is read, not run: it can't use ",
                               name.id, "()")
                : absl::StrCat("\"", name.id, "\" is not defined"));
}

absl::StatusOr<Value> Evaluator::Base(const BaseReference &form, Mark mark) {
  const Value *bases = names_->Find(kBase);
  Value value = bases ? *bases : Value();
  for (const std::string &name : form.path) {
    Dict *dict = value.get<Dict>();
    Table::Slot *slot =
        dict ? dict->table.Find(heap_->NewText(name, mark), heap_) : nullptr;
    if (slot == nullptr) {
      return heap_->Error(
          mark, absl::StrCat("{{ _base_.", absl::StrJoin(form.path, "."),
                             " }}: the bases have no \"", name, "\" there"));
    }
    value = slot->value;
  }
  return DeepCopy(value, mark, heap_);
}

absl::StatusOr<Value> Evaluator::Constant(const Literal &form, Mark mark) {
  if (const auto *text = std::get_if<std::string>(&form.value)) {
    return heap_->NewText(*text, mark);
  }
  if (const auto *integer = std::get_if<int64_t>(&form.value)) {
    return Value(*integer, mark);
  }
  if (const auto *real = std::get_if<double>(&form.value)) {
    return Value(*real, mark);
  }
  if (const auto *flag = std::get_if<bool>(&form.value)) {
    return Value(*flag, mark);
  }
  return Value(None(), mark);
}

absl::StatusOr<Value> Evaluator::Formatted(const FormattedString &form,
                                           Mark mark) {
  std::string text;
  for (const FormattedString::Part &part : form.parts) {
    text += part.text;
    if (part.value == nullptr) continue;
    ASSIGN_OR_RETURN(Value value, Evaluate(*part.value));
    if (part.conversion != '\0') {
      value = heap_->NewText(
          part.conversion == 's' ? Str(value, heap_) : Repr(value, heap_),
          mark);
    }
    std::string spec;
    if (part.spec) {
      ASSIGN_OR_RETURN(const Value one, Evaluate(*part.spec));
      spec = *TextOf(one);
    }
    ASSIGN_OR_RETURN(const std::string one,
                     FormatValue(value, spec, mark, heap_));
    text += one;
    if (!heap_->Reserve(one.size())) return heap_->Check(mark);
  }
  return heap_->NewText(std::move(text), mark);
}

absl::StatusOr<Value> Evaluator::Index(const Subscript &form, Mark mark) {
  ASSIGN_OR_RETURN(const Value object, Evaluate(*form.object));
  if (const Slice *slice = form.index->get_if<Slice>()) {
    ASSIGN_OR_RETURN(const Value start, Optional(slice->start));
    ASSIGN_OR_RETURN(const Value stop, Optional(slice->stop));
    ASSIGN_OR_RETURN(const Value step, Optional(slice->step));
    return GetSlice(object, start, stop, step, mark, heap_);
  }
  ASSIGN_OR_RETURN(const Value index, Evaluate(*form.index));
  return GetItem(object, index, mark, heap_);
}

absl::StatusOr<Value> Evaluator::Items(const Display &form, Mark mark) {
  std::vector<Value> items;
  items.reserve(form.items.size());
  for (const ExpressionPtr &item : form.items) {
    const Starred *starred = item->get_if<Starred>();
    ASSIGN_OR_RETURN(const Value value,
                     Evaluate(starred ? *starred->value : *item));
    if (starred == nullptr) {
      items.push_back(value);
      continue;
    }
    ASSIGN_OR_RETURN(const std::vector<Value> more,
                     ItemsOf(value, item->mark, heap_));
    items.insert(items.end(), more.begin(), more.end());
  }
  if (form.kind == DisplayKind::kTuple) {
    return heap_->NewTuple(std::move(items), mark);
  }
  if (form.kind == DisplayKind::kList) {
    return heap_->NewList(std::move(items), mark);
  }
  Set *set = heap_->New<Set>();
  RETURN_IF_ERROR(AddToSet(items, set, mark, heap_));
  return Value(set, mark);
}

absl::StatusOr<Value> Evaluator::DictItems(const DictDisplay &form, Mark mark) {
  Dict *dict = heap_->New<Dict>();
  for (const DictDisplay::Item &item : form.items) {
    if (item.key != nullptr) {
      ASSIGN_OR_RETURN(const Value key, Evaluate(*item.key));
      ASSIGN_OR_RETURN(const Value value, Evaluate(*item.value));
      RETURN_IF_ERROR(SetKey(dict, key, value, item.key->mark, heap_));
      continue;
    }
    ASSIGN_OR_RETURN(const Value value, Evaluate(*item.value));
    const Dict *other = value.get<Dict>();
    if (other == nullptr) {
      return heap_->Error(
          item.value->mark,
          absl::StrCat("\"**\" takes a dict, not a ", TypeName(value)));
    }
    for (const Table::Slot &slot : other->table.slots) {
      dict->table.Set(slot.key, slot.value, slot.mark, heap_);
    }
  }
  return Value(dict, mark);
}

absl::StatusOr<Value> Evaluator::Comprehend(const Comprehension &form,
                                            Mark mark) {
  Value result;
  switch (form.kind) {
    case DisplayKind::kDict:
      result = Value(heap_->New<Dict>(), mark);
      break;
    case DisplayKind::kSet:
      result = Value(heap_->New<Set>(), mark);
      break;
    default:
      // A generator's items are there at once.
      result = heap_->NewList({}, mark);
  }
  scopes_.emplace_back();
  const absl::Status status = Clauses(form, 0, mark, &result);
  scopes_.pop_back();
  RETURN_IF_ERROR(status);
  return result;
}

absl::Status Evaluator::Clauses(const Comprehension &form, size_t clause,
                                Mark mark, Value *result) {
  if (clause == form.clauses.size()) {
    Value key;
    if (form.key) {
      ASSIGN_OR_RETURN(key, Evaluate(*form.key));
    }
    ASSIGN_OR_RETURN(const Value value, Evaluate(*form.value));
    if (Dict *dict = result->get<Dict>()) {
      return SetKey(dict, key, value, form.key->mark, heap_);
    }
    if (Set *set = result->get<Set>()) {
      return AddToSet({value}, set, mark, heap_);
    }
    heap_->Reserve(2 * sizeof(Value));
    result->get<List>()->items.push_back(value);
    return absl::OkStatus();
  }
  const Comprehension::Clause &one = form.clauses[clause];
  ASSIGN_OR_RETURN(const Value iterable, Evaluate(*one.iterable));
  ASSIGN_OR_RETURN(const std::vector<Value> items,
                   ItemsOf(iterable, one.iterable->mark, heap_));
  for (const Value &item : items) {
    heap_->Spend(1);
    RETURN_IF_ERROR(heap_->Check(mark));
    RETURN_IF_ERROR(AssignTo(*one.target, item));
    bool is_in = true;
    for (const ExpressionPtr &condition : one.conditions) {
      ASSIGN_OR_RETURN(const Value holds, Evaluate(*condition));
      is_in = Truth(holds);
      if (!is_in) break;
    }
    if (is_in) RETURN_IF_ERROR(Clauses(form, clause + 1, mark, result));
  }
  return absl::OkStatus();
}

absl::StatusOr<Value> Evaluator::CallFunction(const CallExpression &form,
                                              Mark mark) {
  ASSIGN_OR_RETURN(const Value callee, Evaluate(*form.function));
  const Function *function = callee.get<const Function>();
  if (function == nullptr || function->native == nullptr) {
    const Imported *imported = callee.get<const Imported>();
    return heap_->Error(
        mark,
        imported ? absl::StrCat("a .py config is read, not run: it can't call ",
                                imported->name,
                                "; write dict(type=", imported->name, ", ...)")
                 : absl::StrCat("a ", TypeName(callee), " can't be called"));
  }
  Call call{heap_, mark, function->self, {}, {}, function->name};
  for (const CallExpression::Argument &argument : form.arguments) {
    ASSIGN_OR_RETURN(const Value value, Evaluate(*argument.value));
    switch (argument.kind) {
      case CallExpression::Argument::kPositional:
        call.arguments.push_back(value);
        break;
      case CallExpression::Argument::kKeyword:
        call.keywords.push_back({argument.name, argument.mark, value});
        break;
      case CallExpression::Argument::kList: {
        ASSIGN_OR_RETURN(const std::vector<Value> items,
                         ItemsOf(value, argument.mark, heap_));
        call.arguments.insert(call.arguments.end(), items.begin(), items.end());
        break;
      }
      case CallExpression::Argument::kDict: {
        const Dict *dict = value.get<Dict>();
        if (dict == nullptr) {
          return heap_->Error(
              argument.mark,
              absl::StrCat("\"**\" takes a dict, not a ", TypeName(value)));
        }
        for (const Table::Slot &slot : dict->table.slots) {
          const std::string *name = TextOf(slot.key);
          if (name == nullptr) {
            return heap_->Error(argument.mark,
                                "\"**\" takes a dict whose keys are strs");
          }
          heap_->Reserve(sizeof(Call::Keyword) + name->size());
          call.keywords.push_back({*name, slot.mark, slot.value});
        }
      }
    }
  }
  if (call.keywords.size() > 1) {
    std::set<absl::string_view> names;
    for (const Call::Keyword &keyword : call.keywords) {
      if (names.insert(keyword.name).second) continue;
      return heap_->Error(
          keyword.mark, absl::StrCat("\"", keyword.name, "\" is given twice"));
    }
  }
  ASSIGN_OR_RETURN(const Value result, function->native(call));
  RETURN_IF_ERROR(heap_->Check(mark));
  return result;
}

absl::StatusOr<Value> Evaluator::Compared(const Comparison &form, Mark mark) {
  ASSIGN_OR_RETURN(Value left, Evaluate(*form.first));
  for (const Comparison::Link &link : form.links) {
    ASSIGN_OR_RETURN(const Value right, Evaluate(*link.right));
    ASSIGN_OR_RETURN(const bool holds,
                     Compare(link.op, left, right, mark, heap_));
    RETURN_IF_ERROR(heap_->Check(mark));
    if (!holds) return Value(false, mark);
    left = right;
  }
  return Value(true, mark);
}

}  // namespace anneal::config::python
