#include "registry/example_config.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/struct.pb.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <set>
#include <utility>
#include <vector>

#include "config/options.pb.h"
#include "config/runner.pb.h"

namespace anneal {
namespace {

using config::ComponentClass;
using config::Components;
using config::Node;
using config::Place;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// Components that must be given inside each other.
constexpr int kMaxDepth = 8;

template <typename T>
Node Scalar(T value) {
  return Node(value, Place());
}

// A dict or a list of one where the field is one.
Node AsField(Node node, const FieldDescriptor* field) {
  if (!field->is_repeated()) return node;
  if (field->is_map()) {
    Node dict{Node::Map(), Place()};
    dict.Set("name", std::move(node));
    return dict;
  }
  return Node(Node::List{std::move(node)}, Place());
}

class Example {
 public:
  explicit Example(const Components& components) : components_(components) {}

  Node Component(const std::string& kind, const ComponentClass& its_class,
                 int depth) const {
    Node dict{Node::Map(), Place()};
    dict.Set("type", Scalar(NameOf(kind, its_class)));
    if (depth < kMaxDepth) {
      SetRequired(its_class.config->GetDescriptor(), depth, &dict);
    }
    return dict;
  }

  std::string NameOf(const std::string& kind,
                     const ComponentClass& its_class) const {
    const bool name_finds_it =
        components_.Find(kind, its_class.name) == &its_class;
    return name_finds_it ? its_class.name : its_class.ScopedName();
  }

 private:
  void SetRequired(const Descriptor* message, int depth, Node* dict) const {
    for (int i = 0; i < message->field_count(); ++i) {
      const FieldDescriptor* field = message->field(i);
      if (!field->options().GetExtension(required)) continue;
      dict->Set(field->name(), AsField(ValueOf(field, depth), field));
    }
  }

  Node ValueOf(const FieldDescriptor* field, int depth) const {
    const std::string& kind = field->options().GetExtension(component);
    if (!kind.empty()) return SomeComponent(kind, field, depth);
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_BOOL:
        return Scalar(true);
      case FieldDescriptor::CPPTYPE_FLOAT:
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return Scalar(0.1);
      case FieldDescriptor::CPPTYPE_STRING:
        return Scalar(std::string("..."));
      case FieldDescriptor::CPPTYPE_ENUM:
        return Scalar(field->enum_type()->value(0)->name());
      case FieldDescriptor::CPPTYPE_MESSAGE: {
        Node dict{Node::Map(), Place()};
        if (depth < kMaxDepth) {
          SetRequired(field->message_type(), depth + 1, &dict);
        }
        return dict;
      }
      default:
        return Scalar(int64_t{1});
    }
  }

  Node SomeComponent(const std::string& kind, const FieldDescriptor* field,
                     int depth) const {
    std::string name = field->options().GetExtension(default_type);
    if (name.empty() || components_.Find(kind, name) == nullptr) {
      const std::vector<std::string> names = components_.Names(kind);
      if (names.empty()) return Node(Node::Map(), Place());
      name = names.front();
    }
    return Component(kind, *components_.Find(kind, name), depth + 1);
  }

  const Components& components_;
};

// A field on the way from a run's config to a component: which, and of which
// class, whose kind is `kind` ("" for RunnerConfig).
struct Step {
  const FieldDescriptor* field;
  std::string kind;
  const ComponentClass* owner;
};
using Way = std::vector<Step>;

// The shortest way to a field of `kind`; among several of a message to one
// whose default is `name`. Empty: there is none.
Way FindWay(const Components& components, const std::string& kind,
            const std::string& name) {
  struct Place {
    const Descriptor* message;
    std::string kind;
    const ComponentClass* owner;
    Way way;
  };
  const auto fits = [&name](const FieldDescriptor* field) {
    return field->options().GetExtension(default_type) == name;
  };
  std::deque<Place> places = {{RunnerConfig::descriptor(), "", nullptr, {}}};
  std::set<std::string> seen;
  for (; !places.empty(); places.pop_front()) {
    const Place place = places.front();
    Way found;
    std::vector<Way> further;
    for (int i = 0; i < place.message->field_count(); ++i) {
      const FieldDescriptor* field = place.message->field(i);
      const std::string& its_kind = field->options().GetExtension(component);
      if (its_kind.empty() || field->is_map()) continue;
      Way way = place.way;
      way.push_back({field, place.kind, place.owner});
      if (its_kind != kind) {
        further.push_back(std::move(way));
      } else if (found.empty() || (fits(field) && !fits(found.back().field))) {
        found = std::move(way);
      }
    }
    if (!found.empty()) return found;
    for (const Way& way : further) {
      const auto& options = way.back().field->options();
      const std::string& its_kind = options.GetExtension(component);
      if (!seen.insert(its_kind).second) continue;
      std::vector<std::string> names = components.Names(its_kind);
      // The default class before the others.
      std::stable_partition(
          names.begin(), names.end(), [&](const std::string& other) {
            return other == options.GetExtension(default_type);
          });
      for (const std::string& other : names) {
        const ComponentClass* owner = components.Find(its_kind, other);
        if (owner == nullptr) continue;
        places.push_back(
            {owner->config->GetDescriptor(), its_kind, owner, way});
      }
    }
  }
  return {};
}

}  // namespace

Node ExampleComponent(const Components& components, const std::string& kind,
                      const ComponentClass& component_class) {
  return Example(components).Component(kind, component_class, 0);
}

Node ExampleConfig(const Components& components, const std::string& kind,
                   const ComponentClass& component_class) {
  const Example example(components);
  Node node = example.Component(kind, component_class, 0);
  Way way = FindWay(components, kind, component_class.name);
  for (; !way.empty(); way.pop_back()) {
    const Step& step = way.back();
    Node outer{Node::Map(), Place()};
    if (step.owner != nullptr) {
      outer = example.Component(step.kind, *step.owner, 0);
    }
    outer.Set(step.field->name(), AsField(std::move(node), step.field));
    node = std::move(outer);
  }
  return node;
}

}  // namespace anneal
